"""Two sides brought to one folding: runs that only one side has are opened, fused units taken apart."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from app.automap import folding, roles
from app.automap.evidence import gate
from app.automap.flatnames import nest
from app.automap.folding import Node, RunId
from app.automap.fusion import take_apart
from app.automap.parameters import told_of
from app.automap.scanned import apart
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
        nest(us)
        nest(vs)
        us, vs = apart(us, vs), apart(vs, us)
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


Signature = tuple[object, ...]


def _by_signature(units: Sequence[Unit]) -> dict[object, dict[Signature, list[Unit]]]:
    """Return units by shape, and within that by all that the gate looks at: equals are looked at once."""
    table: dict[object, dict[Signature, list[Unit]]] = defaultdict(lambda: defaultdict(list))
    for unit in units:
        signature = (*sorted(unit.params.items()), unit.lengths)
        table[buckets(unit.main)[0]][signature].append(unit)
    return table


def _open_side(units: Sequence[Unit], others: Sequence[Unit], own: set[RunId], other_side: set[RunId]) -> None:
    table = _by_signature(others)
    for bucket, groups in _by_signature(units).items():
        for members in groups.values():
            unit = members[0]
            alike = [found for found in table.get(bucket, {}).values() if _shapes_fit(unit, found[0])]
            if not alike or any(gate(unit, found[0]) for found in alike):
                continue
            lengths = {length for found in alike for length in found[0].lengths}
            own.update(_runs(members, lengths))
            for found in alike:
                other_side.update(_runs(found, set(unit.lengths)))


def _runs(units: Sequence[Unit], lengths: Collection[int]) -> set[RunId]:
    """Return the runs around units whose length is none of these."""
    return {folding.run_id(axis) for unit in units for axis in unit.axes if axis.depth >= 0 and len(axis.labels) not in lengths}


def reopen(us: Sequence[Unit], vs: Sequence[Unit], opened: tuple[set[RunId], set[RunId]]) -> bool:
    """Open runs around units that stayed alone, where their like on the other side stayed alone too; whether any was."""
    before = len(opened[0]) + len(opened[1])
    table = _by_signature(vs)
    for bucket, groups in _by_signature(us).items():
        for members in groups.values():
            for found in table.get(bucket, {}).values():
                if members[0].lengths != found[0].lengths and _shapes_fit(members[0], found[0]):
                    opened[0].update(_runs(members, ()))
                    opened[1].update(_runs(found, ()))
    return len(opened[0]) + len(opened[1]) > before


def _shapes_fit(unit: Unit, other: Unit) -> bool:
    shared = {param for param in unit.params.keys() & other.params.keys() if not told_of(param)}
    return bool(shared) and all(op_between(unit.params[name], other.params[name]) is not None for name in shared)
