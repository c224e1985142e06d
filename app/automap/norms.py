"""Norms and layer scales of a block, by the place they have in it."""

from collections.abc import Sequence

from app.automap.attention import attention_of
from app.automap.names import is_number, joined, spoken, words
from app.automap.units import Unit
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


def name_norms(group: Sequence[Unit], vocabulary: Vocabulary) -> None:
    """Rank the norms of a block; two are attention's and the feed-forward's, three have cross attention's between them."""
    norms = [unit for unit in group if not unit.role and is_norm(unit, vocabulary) and not {"query", "key"} & set(unit.words)]
    direct = [unit for unit in norms if len(unit.local) == 1]
    chosen = direct if len(direct) > 1 else norms
    for unit in norms:
        if unit not in chosen:
            unit.role = "norm.inner" if attention_of(unit, vocabulary) else ""
    if any(unit.kind == "batchnorm" for unit in chosen):
        return
    attentive = any(unit.role.rpartition(".")[2] in PROJECTIONS for unit in group)
    places = {unit: place for unit in chosen if (place := _norm_place(unit)) is not None}
    if not attentive or len(places) < len(chosen) or len(set(places.values())) < len(chosen):
        return
    ranked = sorted(chosen, key=lambda unit: places[unit])
    if _gaps(ranked):
        return
    if len(ranked) == 2 and _CROSS in places.values():
        for unit in ranked:
            unit.role = "norm." + ("cross" if places[unit] == _CROSS else "attn" if places[unit] < _CROSS else "mlp")
        return
    names = {1: ("only",), 2: ("attn", "mlp"), 3: ("attn", "cross", "mlp")}.get(len(ranked)) or tuple(
        f"{rank}of{len(ranked)}" for rank in range(len(ranked))
    )
    for unit, name in zip(ranked, names, strict=True):
        unit.role = "norm." + name


def _gaps(ranked: Sequence[Unit]) -> bool:
    """Whether norms that are numbered begin beyond 1 or leave a number out: one of them is missing."""
    found = [[int(part) for part in words(unit.path[-1]) if is_number(part)] for unit in ranked]
    last = [digits[-1] for digits in found if digits]
    return len(last) == len(ranked) > 0 and last not in (list(range(len(last))), list(range(1, len(last) + 1)))


def _norm_place(unit: Unit) -> int | None:
    text = "".join(joined(part) for part in unit.local)
    for word, place in _NORM_PLACES:
        if word in text:
            return place
    digits = [part for part in words(unit.path[-1]) if is_number(part)]
    if digits and "norm" in unit.words:
        return 10 * int(digits[-1])
    return 10 if len(unit.local) == 1 and text in {"norm", "layernorm", "ln"} else None


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
