"""Rectangles whose areas are given, as near to squares as an order by size allows.

Source: Bruls, Huizing, van Wijk, "Squarified Treemaps", 2000.
"""

from collections.abc import Sequence
from typing import NamedTuple


class Rectangle(NamedTuple):
    """Left, top, width, height."""

    x: float
    y: float
    width: float
    height: float

    def scaled(self, across: float, down: float) -> "Rectangle":
        """Return it in other units."""
        return Rectangle(self.x * across, self.y * down, self.width * across, self.height * down)


def squarified(weights: Sequence[float], area: Rectangle) -> list[Rectangle]:
    """Divide an area by weights, all above zero and the largest first; the parts come in the same order and fill it."""
    total = sum(weights)
    scale = area.width * area.height / total if total else 0.0
    sizes = [weight * scale for weight in weights]
    out: list[Rectangle] = []
    start = 0
    while start < len(sizes):
        end = _row_end(sizes, start, min(area.width, area.height))
        row, area = _laid(sizes[start:end], area, last=end == len(sizes))
        out += row
        start = end
    return out


def _row_end(sizes: Sequence[float], start: int, side: float) -> int:
    """Extend a row along the shorter side as long as its worst part does not get worse."""
    end, filled, worst = start, 0.0, float("inf")
    while end < len(sizes):
        filled += sizes[end]
        now = _worst(sizes[start], sizes[end], filled, side)
        if now > worst:
            break
        worst = now
        end += 1
    return max(end, start + 1)


def _worst(largest: float, smallest: float, filled: float, side: float) -> float:
    """How far from square the worst part of a row is; 1 is square."""
    if smallest <= 0 or filled <= 0 or side <= 0:
        return float("inf")
    return max(side * side * largest / (filled * filled), filled * filled / (side * side * smallest))


def _laid(row: Sequence[float], area: Rectangle, *, last: bool) -> tuple[list[Rectangle], Rectangle]:
    """Place a row along the shorter side of an area; return what is left of the area. The last row takes all, whatever was rounded."""
    filled = sum(row)
    upright = area.width >= area.height
    side, other = (area.height, area.width) if upright else (area.width, area.height)
    thick = other if last else min(other, filled / side if side else 0.0)
    placed, at = [], 0.0
    for index, size in enumerate(row):
        long = side - at if index == len(row) - 1 else min(side - at, side * size / filled)
        box = Rectangle(area.x, area.y + at, thick, long) if upright else Rectangle(area.x + at, area.y, long, thick)
        placed.append(box)
        at += long
    rest = (
        Rectangle(area.x + thick, area.y, area.width - thick, area.height)
        if upright
        else Rectangle(area.x, area.y + thick, area.width, area.height - thick)
    )
    return placed, rest
