"""Two sides brought to one folding: runs that only one side has are opened, fused units taken apart."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from app.automap import folding, roles
from app.automap.evidence import gate
from app.automap.folding import Node, RunId
from app.automap.fusion import take_apart
from app.automap.shapes import buckets, op_between
from app.automap.units import Unit
from app.automap.vocabulary import Vocabulary

PASSES = 5


def align(
    sources: Mapping[str, tuple[Node, str]], target: tuple[Node, str], vocabulary: Vocabulary, opened: tuple[set[RunId], set[RunId]]
) -> tuple[list[Unit], list[Unit]]:
    """Return the units of both sides, runs kept folded where both sides repeat alike.

    opened -- runs of the sources and of the target that must stay apart; grows
    """
    for _ in range(PASSES):
        us = [unit for name, (root, separator) in sources.items() for unit in folding.units(root, separator, name, opened[0])]
        vs = folding.units(target[0], target[1], "", opened[1])
        roles.assign(us, vocabulary)
        roles.assign(vs, vocabulary)
        parted_us, parted_vs = take_apart(us, vs), take_apart(vs, us)
        if not _open(parted_us, parted_vs, opened):
            break
    return parted_us, parted_vs


def _open(us: Sequence[Unit], vs: Sequence[Unit], opened: tuple[set[RunId], set[RunId]]) -> bool:
    """Open runs around units whose like on the other side is repeated otherwise; whether any was."""
    before = len(opened[0]) + len(opened[1])
    _open_side(us, vs, opened[0], opened[1])
    _open_side(vs, us, opened[1], opened[0])
    return len(opened[0]) + len(opened[1]) > before


def _open_side(units: Sequence[Unit], others: Sequence[Unit], own: set[RunId], other_side: set[RunId]) -> None:
    table: dict[object, list[Unit]] = defaultdict(list)
    for other in others:
        table[buckets(other.main)[0]].append(other)
    for unit in units:
        alike = [other for other in table.get(buckets(unit.main)[0], ()) if _shapes_fit(unit, other)]
        if not alike or any(gate(unit, other) for other in alike):
            continue
        lengths = {length for other in alike for length in other.lengths}
        own.update(folding.run_id(axis) for axis in unit.axes if axis.depth >= 0 and len(axis.labels) not in lengths)
        for other in alike:
            other_side.update(folding.run_id(axis) for axis in other.axes if axis.depth >= 0 and len(axis.labels) not in unit.lengths)


def reopen(us: Sequence[Unit], vs: Sequence[Unit], opened: tuple[set[RunId], set[RunId]]) -> bool:
    """Open runs around units that stayed alone, where their like on the other side stayed alone too; whether any was."""
    before = len(opened[0]) + len(opened[1])
    for u in us:
        for v in vs:
            if u.lengths != v.lengths and buckets(u.main)[0] == buckets(v.main)[0] and _shapes_fit(u, v):
                opened[0].update(folding.run_id(axis) for axis in u.axes if axis.depth >= 0)
                opened[1].update(folding.run_id(axis) for axis in v.axes if axis.depth >= 0)
    return len(opened[0]) + len(opened[1]) > before


def _shapes_fit(unit: Unit, other: Unit) -> bool:
    shared = unit.params.keys() & other.params.keys()
    return bool(shared) and all(op_between(unit.params[name], other.params[name]) is not None for name in shared)
