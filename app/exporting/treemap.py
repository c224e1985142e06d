"""A treemap of the target: modules as large as their elements, coloured by what becomes of them.

Layout: squarified treemaps, Bruls, Huizing and van Wijk 2000.
"""

from collections.abc import Mapping, Sequence

import msgspec

from app.keys import KeyTree
from app.mapping import Evaluation


class Tile(msgspec.Struct, frozen=True):
    """A module: name, state of most of its elements, elements, and where it is drawn."""

    name: str
    state: str
    size: int
    x: float
    y: float
    width: float
    height: float


def treemap(evaluation: Evaluation, target: KeyTree, width: float = 960.0, height: float = 320.0, most: int = 120) -> list[Tile]:
    """Lay out modules of the finest level that gives at most `most` tiles."""
    sizes = _modules(evaluation, target, 1)
    for depth in range(2, 8):
        finer = _modules(evaluation, target, depth)
        if len(finer) > most:
            break
        sizes = finer
    items = sorted(((name, *_weightiest(states)) for name, states in sizes.items()), key=lambda item: -item[2])
    items = [item for item in items if item[2]][:most]
    total = sum(size for _, _, size in items)
    if not total:
        return []
    areas = [size / total * width * height for _, _, size in items]
    return [
        Tile(name, state, size, *place)
        for (name, state, size), place in zip(items, squarified(areas, 0.0, 0.0, width, height), strict=True)
    ]


def _modules(evaluation: Evaluation, target: KeyTree, depth: int) -> dict[str, dict[str, int]]:
    sizes: dict[str, dict[str, int]] = {}
    for key, outcome in evaluation.targets.items():
        segments = key.split(target.separator)
        name = target.separator.join(segments[: min(depth, max(1, len(segments) - 1))])
        states = sizes.setdefault(name, {})
        states[outcome.state] = states.get(outcome.state, 0) + target.tensors[key].numel
    return sizes


def _weightiest(states: Mapping[str, int]) -> tuple[str, int]:
    state = max(states, key=lambda each: (states[each], each))
    return state, sum(states.values())


Place = tuple[float, float, float, float]


def squarified(areas: Sequence[float], x: float, y: float, width: float, height: float) -> list[Place]:
    """Place areas (largest first) in a rectangle that is as large as their sum, each as square as can be: (x, y, width, height)."""
    places: list[Place] = []
    start = 0
    while start < len(areas):
        side = min(width, height)
        end = start + 1
        while end < len(areas) and _worst(areas[start : end + 1], side) <= _worst(areas[start:end], side):
            end += 1
        row = areas[start:end]
        thickness = sum(row) / side if side else 0.0
        offset = 0.0
        for area in row:
            length = area / thickness if thickness else 0.0
            places.append((x, y + offset, thickness, length) if width >= height else (x + offset, y, length, thickness))
            offset += length
        if width >= height:
            x, width = x + thickness, max(0.0, width - thickness)
        else:
            y, height = y + thickness, max(0.0, height - thickness)
        start = end
    return places


def _worst(row: Sequence[float], side: float) -> float:
    """Return the largest ratio of sides in a row."""
    total = sum(row)
    if not total or not side:
        return float("inf")
    return max(max(side**2 * area / total**2, total**2 / (side**2 * area)) for area in row)
