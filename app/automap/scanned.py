"""Blocks that one side keeps in one tensor each, stacked: what JAX's `scan` over layers writes, where the other side holds them apart."""

from collections import defaultdict
from collections.abc import Sequence

from app.automap.names import crowd
from app.automap.units import Axis, Part, Path, Shape, Unit

LEAST = 4
"""So many modules below one container must be stacked alike: fewer may have one size in common by chance."""
DEEPEST = 8
"""So far down containers of stacked blocks are looked for."""
KNOWN = 0.5
"""Share of their parameters whose single shape the other side must have."""


def apart(units: Sequence[Unit], others: Sequence[Unit]) -> list[Unit]:
    """Return the units of one side, those below a container of stacked blocks as members of a run as long as one of the other side."""
    lengths = {len(axis.labels) for other in others for axis in other.axes if not crowd(axis.container[-1] if axis.container else "")}
    if not lengths:
        return list(units)
    singles = {tuple(sorted(size for size in shape if size != 1)) for other in others for shape in other.params.values()}
    found = _stacks(units, lengths, singles)
    if not found:
        return list(units)
    return [_member(unit, *stack) if (stack := _stack_of(unit, found)) else unit for unit in units]


def _stacks(units: Sequence[Unit], lengths: set[int], singles: set[Shape]) -> dict[Path, int]:
    """Return container -> how many blocks are stacked in it, outermost containers only."""
    below: dict[Path, list[Unit]] = defaultdict(list)
    for unit in units:
        for depth in range(1, min(len(unit.path), DEEPEST + 1)):
            below[unit.path[:depth]].append(unit)
    out: dict[Path, int] = {}
    for path in sorted(below, key=len):
        members = below[path]
        if len(members) < LEAST or any(path[:depth] in out for depth in range(1, len(path))) or any(unit.axes for unit in members):
            continue
        shapes = [shape for unit in members for shape in unit.params.values()]
        firsts = {shape[0] if shape else 0 for shape in shapes}
        if len(firsts) != 1 or not firsts <= lengths:
            continue
        known = [tuple(sorted(size for size in shape[1:] if size != 1)) in singles for shape in shapes]
        if sum(known) >= KNOWN * len(known):
            out[path] = firsts.pop()
    return out


def _stack_of(unit: Unit, found: dict[Path, int]) -> tuple[Path, int] | None:
    return next(((unit.path[:depth], found[unit.path[:depth]]) for depth in range(1, len(unit.path)) if unit.path[:depth] in found), None)


def _member(unit: Unit, container: Path, count: int) -> Unit:
    """Return a unit of a stack as if its blocks were numbered below the container."""
    axis = Axis(-1, tuple(str(index) for index in range(count)), container)
    params = {name: shape[1:] for name, shape in unit.params.items()}
    path = (*container, "0", *unit.path[len(container) :])
    part = Part("", stacked=count)
    return Unit(path, (*unit.axes, axis), unit.spelt, params, unit.order, unit.separator, unit.source, unit, part)
