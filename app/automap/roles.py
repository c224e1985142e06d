"""What each unit is for: query, up-projection, norm before attention. Where the vocabulary is silent, a unit has no role."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import prod

from app.automap.names import is_number, joined, words
from app.automap.units import Path, Unit
from app.automap.vocabulary import ATTENTION_OUT, GATED, HEADS, PLAIN_DOWN, PLAIN_UP, SHORTCUTS, STAGED, STEPS, Vocabulary

_PROJECTIONS = frozenset({"q", "k", "v", "qkv", "kv"})


def assign(units: Sequence[Unit], vocabulary: Vocabulary) -> None:
    """Fill in block, kind, words and role of the units of one side."""
    members: dict[Path, int] = defaultdict(int)
    for unit in units:
        for depth in range(1, len(unit.path)):
            members[unit.path[:depth]] += 1
    for unit in units:
        unit.block = _block(unit, members, vocabulary)
        unit.kind = _kind(unit)
        unit.words = spoken(unit.local, vocabulary)
        unit.outer = spoken(unit.block, vocabulary)
    if vocabulary.roles:
        _assign_roles(units, vocabulary)


def spoken(path: Path, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Return the words of a path under one spelling each; words that tell nothing are left out."""
    out = []
    for segment in path:
        if is_number(segment):
            continue
        whole = vocabulary.synonyms.get(joined(segment))
        for word in (whole,) if whole else words(segment):
            if word not in vocabulary.silent and not word.isdigit():
                out.append(vocabulary.synonyms.get(word, word))
    return tuple(out)


def _block(unit: Unit, members: Mapping[Path, int], vocabulary: Vocabulary) -> Path:
    """Return the innermost numbered container that holds several units."""
    for depth in range(len(unit.path) - 1, 0, -1):
        segment = unit.path[depth - 1]
        if not segment[-1:].isdigit() or members[unit.path[:depth]] < 2:
            continue
        stem = joined(segment).rstrip("0123456789")
        if is_number(segment) or not stem or vocabulary.synonyms.get(stem) not in STEPS:
            return unit.path[:depth]
    return ()


def _kind(unit: Unit) -> str:
    if "mean" in unit.params or "var" in unit.params:
        return "batchnorm"
    rank = len(unit.main)
    return {0: "scalar", 1: "vector", 2: "matrix"}.get(rank, "conv")


def name_of(unit: Unit) -> str:
    """Return the last segment that is no number, joined."""
    for segment in reversed(unit.path):
        if not is_number(segment):
            return joined(segment)
    return ""


def _assign_roles(units: Sequence[Unit], vocabulary: Vocabulary) -> None:
    parents: dict[Path, list[Unit]] = defaultdict(list)
    blocks: dict[Path, list[Unit]] = defaultdict(list)
    for unit in units:
        parents[unit.path[:-1]].append(unit)
        blocks[unit.block].append(unit)
    for group in parents.values():
        _projections(group, vocabulary)
    stems = [unit for unit in units if unit.kind == "conv" and len(unit.main) >= 4 and _sees_colours(unit)]
    for unit in stems if len(stems) == 1 else ():
        unit.role = "stem"
    for unit in units:
        unit.role = unit.role or _alone(unit, vocabulary)
    for block, group in blocks.items():
        _attention(group, vocabulary)
        _feed_forward(group, vocabulary)
        if block:
            _norms(group, vocabulary)
            _convolutions(group)
            _scales(group)
            _routers(group)
    _ends(blocks[()], units, vocabulary)
    _behind_stem(units, vocabulary)
    _chains(units)


def _sees_colours(unit: Unit) -> bool:
    """Whether a convolution takes three channels in, in either order of axes."""
    shape = unit.main
    if unit.spelt.get("weight", ("",))[-1] == "kernel":
        return shape[-2] == 3 and prod(shape[:-2]) > 1
    return shape[1] == 3 and prod(shape[2:]) > 1


def _alone(unit: Unit, vocabulary: Vocabulary) -> str:
    last = joined(unit.path[-1])
    role = vocabulary.alone.get(last, "")
    if role in _PROJECTIONS and role not in {"qkv"}:
        return ""
    if not role and len(unit.path) > 1:
        role = vocabulary.alone.get(joined(unit.path[-2] + unit.path[-1]), "")
        role = role if role in {"patch", "pos", "qnorm", "knorm", "pooler", "mlm"} else ""
    if role in {"finalnorm", "prenorm", "poolnorm"} and unit.block:
        return ""
    return "" if role == "shortcut" and unit.kind == "vector" else role


def _projections(group: Sequence[Unit], vocabulary: Vocabulary) -> None:
    """Settle q, k, v beside each other: single letters count only where their companions stand."""
    named = {unit: vocabulary.alone.get(joined(unit.path[-1]), "") for unit in group}
    present = {role for role in named.values() if role in _PROJECTIONS}
    for unit, role in named.items():
        if role in _PROJECTIONS and (len(present & {"q", "k", "v", "kv"}) > 1 or role == "qkv" or len(joined(unit.path[-1])) > 2):
            unit.role = role


def attention_of(unit: Unit, vocabulary: Vocabulary) -> Path:
    """Return the container inside the block that is an attention, the outermost; () where there is none."""
    start = len(unit.block)
    for depth in range(start + 1, len(unit.path)):
        if "attn" in spoken((unit.path[depth - 1],), vocabulary):
            return unit.path[:depth]
    return ()


def _attention(group: Sequence[Unit], vocabulary: Vocabulary) -> None:
    """Name the output projection, and tell self from cross attention where a block has both."""
    holders: dict[Path, list[Unit]] = defaultdict(list)
    for unit in group:
        holder = attention_of(unit, vocabulary)
        if unit.role in _PROJECTIONS:
            holders[holder or unit.path[:-1]].append(unit)
    inside = {holder: [unit for unit in group if unit.path[: len(holder)] == holder] for holder in holders}
    outer = {holder: members for holder, members in inside.items() if not any(holder != h and holder[: len(h)] == h for h in inside)}
    kinds = _kinds_of_attention(list(outer), vocabulary)
    for holder, members in outer.items():
        for unit in members:
            if unit.role:
                pass
            elif unit.kind in {"matrix", "conv"} and _output_name(unit) in ATTENTION_OUT:
                unit.role = "out"
            if kinds[holder] and unit.role in _PROJECTIONS | {"out"}:
                unit.role = f"{kinds[holder]}.{unit.role}"
    if not outer:
        for unit in group:
            if not unit.role and unit.kind == "matrix" and attention_of(unit, vocabulary) and _output_name(unit) in ATTENTION_OUT:
                unit.role = "out"


def _output_name(unit: Unit) -> str:
    return name_of(unit)


def _kinds_of_attention(holders: Sequence[Path], vocabulary: Vocabulary) -> dict[Path, str]:
    """Return "self" or "cross" for each attention of a block; "" where there is one only."""
    if len(holders) < 2:
        return dict.fromkeys(holders, "")
    crossing = {holder: "cross" in spoken(holder[-2:], vocabulary) or "encoder" in spoken(holder[-1:], vocabulary) for holder in holders}
    if not any(crossing.values()) and len(holders) == 2:
        plain = [holder for holder in holders if words(holder[-1])[0] == "self" or joined(holder[-1]) in {"attn1", "attn", "attention"}]
        crossing = {holder: len(plain) == 1 and holder not in plain for holder in holders}
    if not any(crossing.values()):
        return dict.fromkeys(holders, "")
    return {holder: "cross" if crosses else "self" for holder, crosses in crossing.items()}


def _feed_forward(group: Sequence[Unit], vocabulary: Vocabulary) -> None:
    sides: dict[Path, list[Unit]] = defaultdict(list)
    for unit in group:
        if not unit.role and unit.kind in {"matrix", "conv"}:
            sides[unit.path[:-1]].append(unit)
    for members in sides.values():
        by_name = {joined(unit.path[-1]): unit for unit in members}
        table = next((table for table, _ in GATED if table.keys() <= by_name.keys()), None)
        if table is not None and _fits(by_name, table):
            for name, role in table.items():
                by_name[name].role = role
            continue
        for unit in members:
            _plain(unit, vocabulary)
    stacks: dict[Path, list[Unit]] = defaultdict(list)
    for unit in group:
        inside = next(
            (depth for depth in range(len(unit.path) - 1, len(unit.block), -1) if "mlp" in spoken((unit.path[depth - 1],), vocabulary)), 0
        )
        if inside and unit.kind == "matrix":
            stacks[unit.path[:inside]].append(unit)
    for stack in stacks.values():
        wide = {unit: _widens(unit) for unit in stack}
        if len(stack) == 2 and not any(unit.role for unit in stack) and set(wide.values()) == {True, False}:
            for unit in stack:
                unit.role = "up" if wide[unit] else "down"
        if len(stack) == 2 and not any(unit.role for unit in stack):
            ordered = sorted(stack, key=lambda unit: [int(part) if is_number(part) else -1 for part in unit.path])
            if all(any(is_number(part) for part in unit.local) for unit in stack):
                ordered[0].role, ordered[1].role = "up", "down"


def _fits(by_name: Mapping[str, Unit], table: Mapping[str, str]) -> bool:
    """Gate and up have one shape, which down has the other way round: Qwen's w1, w2 and Llama's w1, w2 differ in that."""
    role_shape = {role: by_name[name].main for name, role in table.items()}
    if "gate_up" in role_shape:
        return True
    return role_shape["gate"] == role_shape["up"] and (role_shape["down"] != role_shape["gate"] or len(set(role_shape["gate"])) == 1)


def _plain(unit: Unit, vocabulary: Vocabulary) -> None:
    inside = "mlp" in unit.words[:-1] or "mlp" in spoken(unit.path[-2:-1], vocabulary)
    direct = len(unit.local) == 1 or joined(unit.path[-2]) in {"intermediate", "output"}
    if not (inside or (direct and unit.block)) or attention_of(unit, vocabulary):
        return
    last = joined(unit.path[-1])
    pair = joined(unit.path[-2] + unit.path[-1]) if len(unit.path) > 1 else ""
    if last in {"proj", "output", "fc"} and not inside:
        return
    wide = _widens(unit)
    if (last in PLAIN_UP or pair in PLAIN_UP) and wide is not False:
        unit.role = "up"
    elif (last in PLAIN_DOWN or pair in PLAIN_DOWN) and wide is not True:
        unit.role = "down"


def _widens(unit: Unit) -> bool | None:
    """Whether a linear's output is wider than its input; None where its shape does not tell."""
    shape, bias = unit.main, unit.params.get("bias")
    if len(shape) < 2 or shape[0] == shape[1] or not bias:
        return None
    return bias[0] == max(shape[0], shape[1])


def is_norm(unit: Unit, vocabulary: Vocabulary) -> bool:
    """Whether a unit is a norm by shape and name."""
    return unit.kind in {"vector", "batchnorm"} and (
        unit.kind == "batchnorm"
        or "norm" in unit.words
        or ("bias" in unit.params and "weight" in unit.params)
        or "norm" in spoken(unit.path[-1:], vocabulary)
    )


_NORM_PLACES: tuple[tuple[str, int], ...] = (
    ("postfeedforward", 60),
    ("postffw", 60),
    ("postmlp", 60),
    ("prefeedforward", 50),
    ("preffw", 50),
    ("premlp", 50),
    ("postattention", 20),
    ("postattn", 20),
    ("postselfattn", 20),
    ("preattention", 10),
    ("preattn", 10),
    ("cross", 30),
    ("encdec", 30),
    ("encoderattn", 30),
    ("input", 10),
    ("before", 10),
    ("sanorm", 10),
    ("salayernorm", 10),
    ("attentionnorm", 15),
    ("attnnorm", 15),
    ("attnln", 15),
    ("selfattn", 15),
    ("selfattention", 15),
    ("attention", 15),
    ("attn", 15),
    ("final", 55),
    ("after", 55),
    ("mlp", 55),
    ("ffn", 55),
    ("ff", 55),
    ("feedforward", 55),
    ("output", 55),
    ("fcnorm", 55),
)


def _norms(group: Sequence[Unit], vocabulary: Vocabulary) -> None:
    """Rank the norms of a block; two are attention's and the feed-forward's, three have cross attention's between them."""
    norms = [unit for unit in group if not unit.role and is_norm(unit, vocabulary) and not {"query", "key"} & set(unit.words)]
    direct = [unit for unit in norms if len(unit.local) == 1]
    chosen = direct if len(direct) > 1 else norms
    for unit in norms:
        if unit not in chosen:
            unit.role = "norm.inner" if attention_of(unit, vocabulary) else ""
    if any(unit.kind == "batchnorm" for unit in chosen):
        return
    attentive = any(unit.role.rpartition(".")[2] in _PROJECTIONS for unit in group)
    placed = [(_norm_place(unit), unit) for unit in chosen]
    if not attentive or any(place is None for place, _ in placed) or len({place for place, _ in placed}) < len(placed):
        return
    ranked = [unit for _, unit in sorted(placed, key=lambda item: item[0])]
    names = {1: ("only",), 2: ("attn", "mlp"), 3: ("attn", "cross", "mlp")}.get(len(ranked)) or tuple(
        f"{rank}of{len(ranked)}" for rank in range(len(ranked))
    )
    for unit, name in zip(ranked, names, strict=True):
        unit.role = "norm." + name


def _norm_place(unit: Unit) -> int | None:
    text = "".join(joined(part) for part in unit.local)
    for word, place in _NORM_PLACES:
        if word in text:
            return place
    digits = [part for part in words(unit.path[-1]) if is_number(part)]
    if digits:
        return 10 * int(digits[-1])
    return 10 if len(unit.local) == 1 and text in {"norm", "layernorm", "ln"} else None


def _scales(group: Sequence[Unit]) -> None:
    """Name layer scales: one after attention, one after the feed-forward."""
    marks = ("gamma", "lambda", "ls", "layerscale", "scale")
    scales = [
        unit
        for unit in group
        if not unit.role and unit.kind == "vector" and unit.bare and any(mark in joined(part) for part in unit.local for mark in marks)
    ]
    digits = [tuple(int(part) for segment in unit.local for part in words(segment) if is_number(part)) for unit in scales]
    if len(scales) == 1:
        scales[0].role = "scale.only"
    elif len(scales) == 2 and digits[0] != digits[1]:
        for rank, unit in enumerate(unit for _, unit in sorted(zip(digits, scales, strict=True), key=lambda pair: pair[0])):
            unit.role = ("scale.attn", "scale.mlp")[rank]


def _convolutions(group: Sequence[Unit]) -> None:
    """Number the convolutions of a residual block and the norms that follow them; a shortcut has its own."""
    if not any(unit.kind == "conv" for unit in group):
        return
    for unit in group:
        normal = unit.kind in {"batchnorm", "vector"}
        if unit.role and unit.role != "shortcut":
            continue
        holder = joined(unit.path[-2]) if len(unit.local) > 1 else ""
        last = joined(unit.path[-1])
        if holder in STAGED:
            unit.role = STAGED[holder] if unit.kind == "matrix" else ("after." if normal else "") + STAGED[holder]
            continue
        if last in SHORTCUTS or (holder in SHORTCUTS and (is_number(unit.path[-1]) or last in {"norm", "bn", "conv"})):
            unit.role = "shortcut.norm" if normal else "shortcut"
        elif normal and holder[:-1] == "conv" and last in {"norm", "bn"}:
            unit.role = "after.conv" + holder[-1]
        elif (
            normal
            and last[:-1] in {"bn", "norm"}
            and last[-1].isdigit()
            and any(joined(other.path[-1]) == "conv" + last[-1] for other in group)
        ):
            unit.role = "after.conv" + last[-1]
        elif not normal and last[:-1] == "conv" and last[-1].isdigit():
            unit.role = last


def _chains(units: Sequence[Unit]) -> None:
    """Number the linears of a plain chain: `layers.0 … layers.2`, or `proj_in, layers.0, proj_out`."""
    chains: dict[tuple[Path, tuple[int, ...]], list[Unit]] = defaultdict(list)
    for unit in units:
        stop = len(unit.path) - 1 if is_number(unit.path[-1]) or joined(unit.path[-1]) in {"projin", "projout"} else len(unit.path)
        stop -= 0 < stop < len(unit.path) and joined(unit.path[stop - 1]) == "layers"
        chains[unit.path[:stop], unit.lengths].append(unit)
    for (holder, _), chain in chains.items():
        if len(chain) < 2 or any(unit.kind != "matrix" or unit.role or len(unit.path) == len(holder) for unit in chain):
            continue
        order = {unit: _step(unit) for unit in chain}
        if None in order.values() or len(set(order.values())) < len(chain):
            continue
        for rank, unit in enumerate(sorted(chain, key=lambda unit: order[unit] or 0)):
            unit.role = f"step{rank}of{len(chain)}"


def _step(unit: Unit) -> int | None:
    last = joined(unit.path[-1])
    return {"projin": -1, "projout": 10_000}.get(last, int(last) if is_number(unit.path[-1]) else None)


def _routers(group: Sequence[Unit]) -> None:
    """A gate beside experts routes to them."""
    expert_parents = {unit.path[:at] for unit in group for at, part in enumerate(unit.path) if part == "experts"}
    expert_parents |= {axis.container[:-1] for unit in group for axis in unit.axes if axis.container[-1:] == ("experts",)}
    for unit in group:
        if (
            unit.kind == "matrix"
            and unit.path[:-1] in expert_parents
            and joined(unit.path[-1]) in {"gate", "router", "wg", "gatelinear", "layer"}
        ):
            unit.role = "router"


def _ends(outside: Sequence[Unit], units: Sequence[Unit], vocabulary: Vocabulary) -> None:
    """Name what stands before and after the blocks: embeddings, final norms, heads."""
    tables = {tuple(sorted(unit.main)) for unit in units if unit.role == "wordembed"}
    last_of = {
        unit.path[:-1]: unit.path[-1] for unit in sorted(units, key=_last_number) if is_number(unit.path[-1]) and unit.kind == "matrix"
    }
    for unit in outside:
        if unit.role or not unit.path:
            continue
        last = joined(unit.path[-1])
        spoken_words = set(unit.words)
        if (
            unit.kind == "matrix"
            and tuple(sorted(unit.main)) in tables
            and last
            in {"output", "projout", "decoder", "head", "outputprojection", "proj", "lmhead", "outputlayer", "embedout", "generator"}
        ):
            unit.role = "lm_head"
        elif unit.kind in {"matrix", "conv"} and (
            last in HEADS or (name_of(unit) in HEADS and last_of.get(unit.path[:-1]) == unit.path[-1])
        ):
            unit.role = "head"
        elif unit.kind == "conv" and len(unit.main) >= 4 and unit.main[1] == 3 and unit.main[2] > 1:
            unit.role = "stem"
        elif unit.role == "patch":
            unit.role = "stem"
        elif is_norm(unit, vocabulary) and "embed" in spoken_words:
            unit.role = "prenorm"
        elif is_norm(unit, vocabulary) and "pool" in spoken_words:
            unit.role = "poolnorm"
        elif is_norm(unit, vocabulary) and last in {"norm", "layernorm", "ln"} and "pool" not in spoken_words and len(unit.words) <= 3:
            unit.role = "finalnorm"


def _behind_stem(units: Sequence[Unit], vocabulary: Vocabulary) -> None:
    """Name the one norm that stands beside the first convolution, and the one linear that is as large as the table of words."""
    for stem in [unit for unit in units if unit.role == "stem"]:
        for holder in (stem.path[:-1], stem.path[:-2]):
            beside = [unit for unit in units if holder and unit.path[:-1] == holder and is_norm(unit, vocabulary) and unit.kind == "vector"]
            if len(beside) == 1 and not beside[0].role:
                beside[0].role = "prenorm"
                break
    tables = {unit.main for unit in units if unit.role == "wordembed"}
    as_large = [unit for unit in units if unit.main in tables and unit.role != "wordembed"]
    if len(as_large) == 1 and not as_large[0].role:
        as_large[0].role = "lm_head"


def _last_number(unit: Unit) -> int:
    return int(unit.path[-1]) if is_number(unit.path[-1]) else -1
