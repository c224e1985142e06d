"""The treemap of one checkpoint or of one module of it, as a page draws it: rectangles in per cent, labels only where they fit."""

from collections.abc import Sequence

import msgspec

from app.keys import KeyTree
from app.viewing.plain import safe
from app.viewing.treemap import Measure, Tile, treemap

DEEPEST = 5
ENOUGH = 24
"""Rectangles that tell something; where there are fewer, one goes a level deeper."""
ASPECT = 2.7
TONES = 5
_WIDTH, _HEIGHT = 760, 380
"""Pixels of the drawing at the narrowest it is shown."""
_LETTER = 6.6


class Square(msgspec.Struct, frozen=True):
    """One rectangle in per cent of the whole.

    path  -- what a click shows; "" where there is nothing further to show
    outer -- whether it stands for itself or for what lies within it; the inner ones carry no path of their own to walk to by keys
    tone  -- number of the outer one, by which colours alternate
    """

    path: str
    label: str
    name: str
    x: float
    y: float
    width: float
    height: float
    weight: int
    share: float
    tensors: int
    others: int
    outer: bool
    leaf: bool
    tone: int


def within(tree: KeyTree, path: str) -> KeyTree:
    """The part of a tree at or below a path; all of it for ""."""
    if not path:
        return tree
    inside = path + tree.separator
    return msgspec.structs.replace(tree, tensors={key: info for key, info in tree.tensors.items() if key == path or key.startswith(inside)})


def trail(path: str, separator: str) -> tuple[tuple[str, str], ...]:
    """The way to a path: (segment, path up to it)."""
    segments = path.split(separator) if path else []
    return tuple((safe(segment), separator.join(segments[: place + 1])) for place, segment in enumerate(segments))


def squares(tree: KeyTree, measure: Measure) -> tuple[Square, ...]:
    """Draw a tree as deep as it takes to see something; what holds everything is left out, since it would be the frame again."""
    whole = treemap(tree, measure, depth=DEEPEST, aspect=ASPECT)
    tiles = whole[1:] if whole and not whole[0].leaf and sum(tile.depth == 0 for tile in whole) == 1 else whole
    tiles = _cut(tiles)
    top = min((tile.depth for tile in tiles), default=0)
    total = sum(tile.weight for tile in tiles if tile.depth == top)
    drawn, outer, around = [], -1, ""
    for tile in tiles:
        if tile.depth == top:
            outer, around = outer + 1, tile.path + tree.separator
        drawn.append(_square(tile, total, outer % TONES, "" if tile.depth == top else around))
    return tuple(drawn)


def _cut(tiles: Sequence[Tile]) -> tuple[Tile, ...]:
    """Leave off the levels that are not needed, two at least stay."""
    top = min((tile.depth for tile in tiles), default=0)
    for deepest in range(top + 1, DEEPEST):
        shown = tuple(msgspec.structs.replace(tile, leaf=tile.leaf or tile.depth == deepest) for tile in tiles if tile.depth <= deepest)
        if sum(tile.leaf for tile in shown) >= ENOUGH:
            return shown
    return tuple(tiles)


def _square(tile: Tile, total: int, tone: int, around: str) -> Square:
    """Draw a tile; one inside another is called by its path from there, as far as there is room, else by its own name."""
    is_outer = not around
    room = tile.width * _WIDTH / _LETTER - 1
    whole = tile.path.removeprefix(around)
    label = safe(tile.label if is_outer or not tile.label or len(whole) > room else whole)
    fits = room >= min(len(label), 4) and tile.height * _HEIGHT >= (18 if is_outer and tile.leaf else 30)
    return Square(
        path="" if tile.others else tile.path,
        label=label if fits and (is_outer or tile.leaf) else "",
        name=safe(tile.path[:400]),
        x=_per_cent(tile.x),
        y=_per_cent(tile.y),
        width=_per_cent(tile.width),
        height=_per_cent(tile.height),
        weight=tile.weight,
        share=100 * tile.weight / total if total else 0.0,
        tensors=tile.tensors,
        others=tile.others,
        outer=is_outer,
        leaf=tile.leaf,
        tone=tone,
    )


def _per_cent(share: float) -> float:
    return round(100 * share, 3)
