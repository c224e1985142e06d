"""Norms and layer scales of a block, by the place they have in it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

from app.automap.attention import attention_of
from app.automap.names import is_number, joined, spoken, words
from app.automap.units import Path, Unit
from app.automap.vocabulary import PROJECTIONS, Vocabulary


def is_norm(unit: Unit, vocabulary: Vocabulary) -> bool:
    """Whether a unit is a norm by shape and name."""
    return unit.kind in {"vector", "batchnorm"} and (
        unit.kind == "batchnorm"
        or "norm" in unit.words
        or ("bias" in unit.params and "weight" in unit.params)
        or "norm" in spoken(unit.path[-1:], vocabulary)
    )


_CROSS = 30
_BEHIND = 20
_NORM_PLACES: tuple[tuple[str, int], ...] = (
    ("postfeedforward", 60),
    ("postffw", 60),
    ("postffn", 60),
    ("postmlp", 60),
    ("prefeedforward", 50),
    ("preffw", 50),
    ("preffn", 50),
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
    ("mha", 15),
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


def name_norms(group: Sequence[Unit], vocabulary: Vocabulary) -> None:
    """Rank the norms of a block; where it is made of several layers with norms of their own, those of each."""
    _name_halves(group, vocabulary)
    held = Counter(
        unit.path[:-1] for unit in group if is_norm(unit, vocabulary) and len(unit.local) > 1 and not attention_of(unit, vocabulary)
    )
    layers = [path for path, count in held.items() if count > 1] or _twins(group, vocabulary)
    if len(layers) < 2:
        _name_norms(group, vocabulary)
    for path in layers if len(layers) > 1 else ():
        _name_norms([unit for unit in group if unit.path[: len(path)] == path], vocabulary, len(path))


def _name_halves(group: Sequence[Unit], vocabulary: Vocabulary) -> None:
    """Name the norms of a Conformer's two feed-forwards: `norm_ff_macaron` and `norm_ff`, `norm_feed_forward1` and `2`, the first of `ffn1` and of `ffn2`."""
    if sum(unit.role == "up" for unit in group) != 2:
        return
    told: dict[Unit, int] = {}
    for unit in group:
        named = [words(part) for part in unit.local if "mlp" in spoken((part,), vocabulary)]
        if named and not unit.role and is_norm(unit, vocabulary) and not {"pre", "post"} & set(named[0]):
            digits = [int(word) for word in named[0] if is_number(word)]
            told[unit] = 1 if "macaron" in named[0] else digits[-1] if digits else 2
    if sorted(told.values()) == [1, 2]:
        for unit, half in told.items():
            unit.role = f"norm.half{half}"


def _twins(group: Sequence[Unit], vocabulary: Vocabulary) -> list[Path]:
    """Return the parts of a block that are blocks of their own, each with its norms; none where the block has norms beside them."""
    norms = [unit for unit in group if is_norm(unit, vocabulary) and unit.block]
    parts = Counter(unit.path[: len(unit.block) + 1] for unit in norms if len(unit.local) > 1)
    many = [path for path, count in parts.items() if count > 1]
    return many if len(many) > 1 and sum(parts.values()) == len(norms) == sum(parts[path] for path in many) else []


def _name_norms(group: Sequence[Unit], vocabulary: Vocabulary, depth: int = -1) -> None:
    """Rank the norms of one layer; two are attention's and the feed-forward's, three have cross attention's between them."""
    norms = [unit for unit in group if not unit.role and is_norm(unit, vocabulary) and not {"query", "key"} & set(unit.words)]
    direct = [unit for unit in norms if len(unit.local) == 1 or len(unit.path) == depth + 1]
    within = [unit for unit in norms if unit not in direct and not attention_of(unit, vocabulary)]
    placed = [unit for unit in within if _says_after(unit)] or _fed_forward(direct, within, group)
    chosen = direct + placed if len(direct) > 1 else norms
    for unit in norms:
        if unit not in chosen:
            unit.role = "norm.inner" if attention_of(unit, vocabulary) else ""
    if any(unit.kind == "batchnorm" for unit in chosen):
        return
    attentive = any(unit.role.rpartition(".")[2] in PROJECTIONS or attention_of(unit, vocabulary) for unit in group)
    if len(chosen) == 1 and not attentive and {"up", "down"} <= {unit.role for unit in group}:
        chosen[0].role = "norm.mlp"
        return
    mixing = len(chosen) == 2 and {"up", "down"} <= {unit.role for unit in group}  # pooling or convolution in attention's place
    places = _places(chosen)
    if (
        len(places) == 3 and sum(_bare(unit) for unit in places) == 1 and {15, _CROSS} <= set(places.values())
    ):  # what is left is the feed-forward's
        places |= {unit: 55 for unit in places if _bare(unit)}
    counted = sorted((unit for unit in places if _named_place(unit) is None), key=lambda unit: places[unit])
    if (
        len(places) == 3 and len(counted) == 2 and _CROSS in places.values()
    ):  # cross attention's has a name: of the two that are counted, the last is the feed-forward's
        places |= {counted[-1]: 55}
    if len(places) == 2:  # one inside the attention, one that only says that it is a norm: ESM, where that is the feed-forward's
        places |= {
            unit: 55 for unit in places if _bare(unit) and any(other is not unit and attention_of(other, vocabulary) for other in places)
        }
    if not (attentive or mixing) or len(places) < len(chosen) or len(set(places.values())) < len(chosen):
        return
    ranked = sorted(chosen, key=lambda unit: places[unit])
    if _gaps(ranked):
        return
    if len(ranked) == 3 and _deformable(group) and not any(_named_place(unit) for unit in ranked):
        _name_followers(group, ranked, vocabulary)
        return
    if len(ranked) == 2 and _CROSS in places.values():
        for unit in ranked:
            unit.role = "norm." + ("cross" if places[unit] == _CROSS else "attn" if places[unit] < _CROSS else "mlp")
        return
    if len(ranked) == 1 and not {"up", "down"} & {unit.role for unit in group}:
        crossing = any(_crosses(unit) for unit in group)
        ranked[0].role = "norm.cross" if crossing else "norm.attn"
        return
    names = {1: ("only",), 2: ("attn", "mlp"), 3: ("attn", "cross", "mlp")}.get(len(ranked)) or tuple(
        f"{rank}of{len(ranked)}" for rank in range(len(ranked))
    )
    for unit, name in zip(ranked, names, strict=True):
        unit.role = "norm." + name


def _untied(places: Mapping[Unit, int]) -> dict[Unit, int]:
    """Return places anew for what shares that of a norm behind the attention: what is counted, or only says that it comes after attention, is the feed-forward's.

    GLM-4 has `post_self_attn_layernorm` beside `post_attention_layernorm`; LitGPT's Gemma 2 `post_attention_norm` beside `norm_2`.
    """
    behind = [unit for unit, place in places.items() if place == _BEHIND]
    if len(behind) != 2 or len(places) != 4:
        return {}
    second = [unit for unit in behind if _named_place(unit) is None] or [unit for unit in behind if "self" not in words(_own_name(unit))]
    return {second[0]: 50} if len(second) == 1 else {}


def _crosses(unit: Unit) -> bool:
    """Whether a unit is of an attention from a decoder to its encoder: T5's `EncDecAttention`."""
    return "cross" in unit.words or unit.role.startswith("cross.") or {"encoder", "decoder"} <= set(unit.words)


def _fed_forward(direct: Sequence[Unit], within: Sequence[Unit], group: Sequence[Unit]) -> list[Unit]:
    """Return the norm that a feed-forward keeps before its first linear, where the two beside it are self and cross attention's (OpenNMT)."""
    crossing = any(unit.role.startswith("cross.") for unit in group)
    found = [unit for unit in within if direct and unit.main == direct[0].main and _named_place(unit) == 55]
    return found if crossing and len(direct) == 2 and len(found) == 1 else []


def _says_after(unit: Unit) -> bool:
    """Whether a norm inside a part of the block says by its own name what it stands before or behind: `mlp.post_mlp_layernorm`."""
    name = joined(unit.path[-1])
    return name.startswith(("pre", "post")) and any(word in name for word, _ in _NORM_PLACES)


def _gaps(ranked: Sequence[Unit]) -> bool:
    """Whether norms that are numbered begin beyond 1 or leave a number out: one of them is missing."""
    names = [_own_name(unit) for unit in ranked]
    found = [
        [int(part) for part in words(name) if is_number(part)] for name in names if not is_number(name)
    ]  # `pre_norm_ffn.0` is no first norm
    last = [digits[-1] for digits in found if digits]
    return len(last) == len(ranked) > 0 and last not in (list(range(len(last))), list(range(1, len(last) + 1)))


def _deformable(group: Sequence[Unit]) -> bool:
    """Whether attention samples places. Decoders of that kind disagree: the first norm is cross attention's in Deformable DETR, not in RT-DETR."""
    return any(joined(unit.path[-1]) == "samplingoffsets" for unit in group) and any(
        unit.role.rpartition(".")[2] in {"q", "qkv"} for unit in group
    )


def _name_followers(group: Sequence[Unit], norms: Sequence[Unit], vocabulary: Vocabulary) -> None:
    """Name norms by what is listed right before each, where that is something else for each of them."""
    listed = sorted(group, key=lambda unit: unit.order)
    kinds = {}
    for before, unit in pairwise(listed):
        if unit in norms:
            said = spoken(before.local, vocabulary)
            kinds[unit] = "cross" if "cross" in said else "attn" if "attn" in said else "mlp"
    if len(set(kinds.values())) == len(norms):
        for unit, kind in kinds.items():
            unit.role = "norm." + kind


def _named_place(unit: Unit) -> int | None:
    """Return a norm's place as words say it; None where they do not."""
    text = "".join(joined(part) for part in unit.local)
    return next((place for word, place in _NORM_PLACES if word in text), None)


def _places(norms: Sequence[Unit]) -> dict[Unit, int]:
    """Return where norms stand by their paths; by their own names where what holds them all says the same of each."""
    places = {unit: place for unit in norms if (place := _norm_place(unit, _named_place(unit))) is not None}
    places |= _untied(places)
    if len(set(places.values())) < len(places) and len({unit.local[:-1] for unit in norms}) == 1:
        return {unit: place for unit in norms if (place := _norm_place(unit, None)) is not None}
    return places


def _norm_place(unit: Unit, named: int | None) -> int | None:
    if named is not None:
        return named
    digits = [part for part in words(_own_name(unit)) if is_number(part)]
    if digits and "norm" in unit.words:
        return 10 * int(digits[-1])
    return 10 if _bare(unit) else None


def _own_name(unit: Unit) -> str:
    """Return the segment that names a norm: `norm1` of `norm1.norm`, where a module is wrapped around it."""
    return unit.path[-2] if len(unit.local) > 1 and joined(unit.path[-1]) in _JUST_NORM else unit.path[-1]


_JUST_NORM = frozenset({"norm", "layernorm", "ln"})


def _bare(unit: Unit) -> bool:
    """Whether a name says nothing but that this is a norm."""
    return len(unit.local) == 1 and joined(unit.path[-1]) in _JUST_NORM


def name_scales(group: Sequence[Unit]) -> None:
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
