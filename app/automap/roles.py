"""What each unit is for: query, up-projection, norm before attention. Where the vocabulary is silent, a unit has no role."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from app.automap.attention import name_attention
from app.automap.ends import name_behind_stem, name_ends
from app.automap.feedforward import name_chains, name_feed_forward, name_routers
from app.automap.inverted import name_inverted
from app.automap.names import bare_name, is_number, joined, numbered, spoken, words
from app.automap.norms import name_norms, name_scales
from app.automap.projections import normed, projected
from app.automap.residuals import name_convolutions, sees_colours
from app.automap.streams import name_modulation, name_streams
from app.automap.units import Path, Unit
from app.automap.vocabulary import PROJECTIONS, STEPS, Vocabulary


def assign(units: Sequence[Unit], vocabulary: Vocabulary) -> None:
    """Fill in block, siblings, kind, words and role of the units of one side."""
    members: dict[Path, int] = defaultdict(int)
    named: dict[Path, set[str]] = defaultdict(set)
    for unit in units:
        named[unit.path[:-1]].add(unit.path[-1])
        for depth in range(1, len(unit.path)):
            members[unit.path[:depth]] += 1
    counted = _counted_stems(units, members)
    steps = _layers(units, members)
    together = {path: frozenset(names) for path, names in named.items()}
    for unit in units:
        unit.beside = together[unit.path[:-1]]
        unit.block = _block(unit, members, counted, steps, vocabulary)
        unit.kind = _kind(unit)
        unit.words = spoken(unit.local, vocabulary)
        unit.outer = spoken(unit.block, vocabulary)
    if vocabulary.roles:
        _assign_roles(units, vocabulary)


def _counted_stems(units: Sequence[Unit], members: Iterable[Path]) -> Counter[tuple[Path, str]]:
    """Count the numbers that stand behind one name in one container: `owlv2` alone is a name, `layer1` beside `layer2` a number."""
    stems = Counter((path[:-1], split[0]) for path in members if (split := numbered(path[-1])))
    for unit in units:
        for axis in unit.axes:
            if axis.depth >= 0 and (split := numbered(axis.labels[0])):
                stems[axis.container, split[0]] += len(axis.labels)
    return stems


def _layers(units: Sequence[Unit], members: Mapping[Path, int]) -> set[Path]:
    """Return the numbered containers that are one layer of a block: a convolution and the norm behind it, nothing else."""
    pairs: dict[Path, list[Unit]] = defaultdict(list)
    for unit in units:
        if len(unit.path) > 1 and is_number(unit.path[-2]) and members[unit.path[:-1]] == 2:
            pairs[unit.path[:-1]].append(unit)
    found = {path for path, pair in pairs.items() if sorted(_kind(unit) for unit in pair) == ["batchnorm", "conv"]}
    return {
        path for path in found if any(is_number(part) for part in path[:-1]) or sum(numbered(part) is not None for part in path[:-1]) > 1
    }


def _block(
    unit: Unit, members: Mapping[Path, int], counted: Mapping[tuple[Path, str], int], layers: Collection[Path], vocabulary: Vocabulary
) -> Path:
    """Return the innermost numbered container that holds several units, and not only a convolution with its norm."""
    for depth in range(len(unit.path) - 1, 0, -1):
        segment = unit.path[depth - 1]
        if unit.path[:depth] in layers:
            continue
        if not segment[-1:].isdigit() or members[unit.path[:depth]] < 2:
            continue
        split = numbered(segment)
        alone = split is not None and counted.get((unit.path[: depth - 1], split[0]), 0) < 2
        if is_number(segment) or not (alone or _is_step(segment, vocabulary)):
            return unit.path[:depth]
    return ()


def _is_step(segment: str, vocabulary: Vocabulary) -> bool:
    """Whether a numbered name is one step of a block: `attn1`, `MultiHeadDotProductAttention_0` as Flax counts them."""
    stem = [word for word in words(segment) if not word.isdigit()]
    whole = vocabulary.synonyms.get("".join(stem))
    return bool(stem) and (whole in STEPS or vocabulary.synonyms.get(stem[-1]) == "attn")


def _kind(unit: Unit) -> str:
    if "mean" in unit.params or "var" in unit.params:
        return "batchnorm"
    rank = len(unit.main)
    return {0: "scalar", 1: "vector", 2: "matrix"}.get(rank, "conv")


def _assign_roles(units: Sequence[Unit], vocabulary: Vocabulary) -> None:
    parents: dict[Path, list[Unit]] = defaultdict(list)
    blocks: dict[Path, list[Unit]] = defaultdict(list)
    for unit in units:
        parents[unit.path[:-1]].append(unit)
        blocks[unit.block].append(unit)
    for group in parents.values():
        _projections(group, vocabulary)
        _merging(group)
    stems = [unit for unit in units if unit.kind == "conv" and len(unit.main) >= 4 and sees_colours(unit)]
    for unit in stems if len(stems) == 1 else ():
        unit.role = "stem"
    for unit in units:
        unit.role = unit.role or _alone(unit, vocabulary)
    for block, group in blocks.items():
        name_attention(group, vocabulary)
        name_feed_forward(group, vocabulary)
        if block:
            name_norms(group, vocabulary)
            name_inverted(group)
            name_convolutions(group)
            name_scales(group)
            name_routers(group)
            name_modulation(group)
            name_streams(group)
    name_ends(blocks[()], units, vocabulary)
    name_behind_stem(units, vocabulary)
    name_chains(units)


def _alone(unit: Unit, vocabulary: Vocabulary) -> str:
    last = joined(unit.path[-1])
    role = vocabulary.alone.get(last, "")
    if not role and (fused := projected(unit.path[-1])) in {"qkv", "gqkv"}:
        return fused
    if role in PROJECTIONS and role != "qkv":
        return ""
    if not role and unit.kind == "vector":
        role = vocabulary.alone.get(bare_name(unit.path[-1], "attn", vocabulary), "")
        role = role if role in {"qnorm", "knorm"} else normed(unit.path[-1])
    if not role and len(unit.path) > 1:
        role = vocabulary.alone.get(joined(unit.path[-2] + unit.path[-1]), "")
        role = role if role in {"stem", "pos", "qnorm", "knorm", "pooler", "mlm"} else ""
    if role in {"finalnorm", "prenorm", "poolnorm"} and unit.block:
        return ""
    return "" if role == "shortcut" and unit.kind == "vector" else role


def _merging(group: Sequence[Unit]) -> None:
    """Name what joins four patches to one (Swin): the linear that halves them, and the norm before it."""
    for unit in group:
        if joined(unit.path[-1]) == "reduction" and unit.kind == "matrix" and max(unit.main) == 2 * min(unit.main):
            unit.role = "merge"
            for norm in group:
                if norm.kind == "vector" and norm.main == (max(unit.main),):
                    norm.role = "merge.norm"


def _projections(group: Sequence[Unit], vocabulary: Vocabulary) -> None:
    """Settle q, k, v beside each other: single letters count only where their companions stand."""
    named = {unit: vocabulary.alone.get(joined(unit.path[-1]), "") or projected(unit.path[-1]) for unit in group}
    present = {role for role in named.values() if role in PROJECTIONS}
    for unit, role in named.items():
        if role in PROJECTIONS and (len(present & {"q", "k", "v", "kv"}) > 1 or role == "qkv" or len(joined(unit.path[-1])) > 2):
            unit.role = role
