"""Attention inside a block: its output projection, and self against cross."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from app.automap.names import is_number, joined, name_of, spoken, words
from app.automap.projections import projected
from app.automap.units import Path, Unit
from app.automap.vocabulary import ATTENTION_OUT, PROJECTIONS, Vocabulary


def attention_of(unit: Unit, vocabulary: Vocabulary) -> Path:
    """Return the container inside the block that is an attention, the outermost; () where there is none."""
    start = len(unit.block)
    for depth in range(start + 1, len(unit.path)):
        if "attn" in spoken((unit.path[depth - 1],), vocabulary):
            return unit.path[:depth]
    return ()


def name_attention(group: Sequence[Unit], vocabulary: Vocabulary) -> None:
    """Name the output projection, and tell self from cross attention where a block has both."""
    _name_counted(group, vocabulary)
    _name_short_convolutions(group, vocabulary)
    holders: dict[Path, list[Unit]] = defaultdict(list)
    for unit in group:
        holder = attention_of(unit, vocabulary)
        if unit.role in PROJECTIONS:
            holders[holder or unit.path[:-1]].append(unit)
    inside = {holder: [unit for unit in group if unit.path[: len(holder)] == holder] for holder in holders}
    outer = {holder: members for holder, members in inside.items() if not any(holder != h and holder[: len(h)] == h for h in inside)}
    kinds = _kinds_of_attention(list(outer), vocabulary)
    for holder, members in outer.items():
        for unit in members:
            if unit.role:
                pass
            elif unit.kind in {"matrix", "conv"} and _gives_out(unit):
                unit.role = "out"
            elif unit.kind == "matrix" and joined(unit.path[-1]) in _GATES:
                unit.role = "ogate"
            if kinds[holder] and unit.role in PROJECTIONS | {"out", "qnorm", "knorm"}:
                unit.role = f"{kinds[holder]}.{unit.role}"
    if not outer:
        for unit in group:
            if not unit.role and unit.kind == "matrix" and attention_of(unit, vocabulary) and _gives_out(unit):
                unit.role = "out"


def _name_counted(group: Sequence[Unit], vocabulary: Vocabulary) -> None:
    """Name linears of an attention that are only counted: `linear`, `linear_1`, … Haiku's code makes query, key, value, output."""
    found: dict[Path, list[Unit]] = defaultdict(list)
    for unit in group:
        if unit.kind == "matrix" and not unit.role and attention_of(unit, vocabulary):
            found[unit.path[:-1]].append(unit)
    for members in found.values():
        stems = {words(unit.path[-1])[0] for unit in members}
        counts = {unit: [int(part) for part in words(unit.path[-1]) if is_number(part)] or [0] for unit in members}
        if len(stems) != 1 or sorted(counts.values()) != [[at] for at in range(len(members))]:
            continue
        ranked = sorted(members, key=lambda unit: counts[unit])
        sizes = [max(unit.main) // min(unit.main) for unit in ranked]
        roles = _COUNTED.get(len(members), (None, ()))
        if roles[0] in {None, tuple(sizes)}:
            for unit, role in zip(ranked, roles[1], strict=bool(roles[1])):
                unit.role = role


_COUNTED: Mapping[int, tuple[tuple[int, ...] | None, tuple[str, ...]]] = {
    4: (None, ("q", "k", "v", "out")),
    3: ((1, 2, 1), ("q", "kv", "out")),
    2: ((3, 1), ("qkv", "out")),
}
"""How many linears an attention counts -> how much wider each is than it is deep, and what it is: Haiku's four; CTranslate2's fused two, or three that cross."""


def _name_short_convolutions(group: Sequence[Unit], vocabulary: Vocabulary) -> None:
    """Name the depthwise convolutions behind a linear attention's projections: one each, `q_conv1d`, or one over all three, `conv1d`."""
    found: dict[Path, list[Unit]] = defaultdict(list)
    for unit in group:
        if unit.kind == "conv" and not unit.role and unit.main[1:2] == (1,) and attention_of(unit, vocabulary):
            found[unit.path[:-1]].append(unit)
    for members in found.values():
        told = {unit: projected("".join(words(unit.path[-1])[:1]) + "_proj") for unit in members}
        if sorted(told.values()) == ["k", "q", "v"]:
            for unit, what in told.items():
                unit.role = what + "conv"
        elif len(members) == 1 and words(members[0].path[-1])[0] == "conv":
            members[0].role = "qkvconv"


_GATES = frozenset({"gateproj", "gproj", "ggate", "outputgate"})
"""Names of the linear that gates what an attention gives out."""


def _gives_out(unit: Unit) -> bool:
    """Whether a unit's name is one of an attention's output projection."""
    last = next((segment for segment in reversed(unit.path) if not is_number(segment)), "")
    return name_of(unit) in ATTENTION_OUT or projected(last) == "out"


_ORDINALS = {"first": 1, "second": 2, "third": 3}


def _ordinal(segment: str) -> int | None:
    """Return what place a name gives away in words: a decoder's first sub-layer attends to itself, its second to the encoder."""
    return next((_ORDINALS[word] for word in words(segment) if word in _ORDINALS), None)


def _kinds_of_attention(holders: Sequence[Path], vocabulary: Vocabulary) -> dict[Path, str]:
    """Return "self" or "cross" for each attention of a block; "" where there is one only."""
    if len(holders) < 2:
        return dict.fromkeys(holders, "")
    crossing = {holder: "cross" in spoken(holder[-2:], vocabulary) or "encoder" in spoken(holder[-1:], vocabulary) for holder in holders}
    attending = all("attn" in spoken(holder[-1:], vocabulary) or "attn" in joined(holder[-1]) for holder in holders)
    if not any(crossing.values()) and len(holders) == 2 and attending:
        plain = [holder for holder in holders if words(holder[-1])[0] == "self" or joined(holder[-1]) in {"attn1", "attn", "attention"}]
        crossing = {holder: len(plain) == 1 and holder not in plain for holder in holders}
    if not any(crossing.values()) and len(holders) == 2:
        places = {holder: _ordinal(holder[-1]) for holder in holders}
        crossing = {holder: set(places.values()) == {1, 2} and places[holder] == 2 for holder in holders}
    if not any(crossing.values()):
        return dict.fromkeys(holders, "")
    return {holder: "cross" if crosses else "self" for holder, crosses in crossing.items()}
