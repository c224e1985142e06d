"""Keras' flat names as levels: `block_1_expand/block_1_expand` is `expand` of `block_1`, `conv2_block1_1_conv` is `conv` of step 1 of a block."""

import re
from collections import Counter
from collections.abc import Sequence

from app.automap.units import Path, Unit

_STEP = re.compile(r"((?:(?:Conv[0-9]d|[A-Za-z]+)_?)?[0-9]{1,4})([a-z]?)_(?=[^_])(.+)\Z")
DEEP = 2
"""A flat name may stand in the one module that holds them all."""
LEAST = 3
"""So many numbered names make it a way of naming."""


def nest(units: Sequence[Unit]) -> None:
    """Write the paths of one side as if numbers inside flat names were levels; keys are spelt as they were."""
    plain = [unit for unit in units if unit.separator == "/" and not unit.axes]
    flat = {unit: _once(unit.path) for unit in plain}
    stems = Counter(match[1] for path in flat.values() if len(path) <= DEEP and (match := _STEP.match(path[-1])))
    if sum(count > 1 for count in stems.values()) < LEAST:
        return
    for unit, path in flat.items():
        unit.path = tuple(part for segment in path for part in _levels(segment))


def _once(path: Path) -> Path:
    return tuple(part for at, part in enumerate(path) if not at or part != path[at - 1])


def _levels(segment: str) -> list[str]:
    out = []
    while match := _STEP.match(segment):
        out += [match[1], str(ord(match[2]) - ord("a"))] if match[2] else [match[1]]  # EfficientNet: `block1a`, `block1b`
        segment = match[3]
    return [*out, segment]
