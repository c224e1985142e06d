"""A key tree as a treemap: which module holds how many bytes or parameters, as rectangles within rectangles."""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import msgspec

from app.keys import KeyTree, TensorInfo
from app.viewing.squares import Rectangle, squarified

Measure = Literal["bytes", "parameters"]
DEPTH = 3
LEAST = 0.002
"""Share of the whole below which a tile is too small to see or point at."""


class Tile(msgspec.Struct, frozen=True):
    """One rectangle; x, y, width and height are shares of the whole, from the left and the top.

    path   -- key or beginning of keys that it stands for; of a tile of others, that of the module around them
    label  -- last segments of the path; "" for the others, whose words are the page's
    depth  -- 0 for the outermost tiles; a tile lies within the nearest one before it of a smaller depth
    weight -- bytes or parameters; tied tensors count once, for their first key
    tensors -- count of keys below, tied ones included
    others -- how many modules and tensors were folded into this tile; 0 for all other tiles
    leaf   -- whether nothing is drawn inside
    """

    path: str
    label: str
    depth: int
    x: float
    y: float
    width: float
    height: float
    weight: int
    tensors: int
    others: int = 0
    leaf: bool = True


class _Item(NamedTuple):
    """A tensor: segments of its key, its weight."""

    segments: list[str]
    weight: int


class _Group(NamedTuple):
    """Keys below one path; `at` counts the segments of the path."""

    path: str
    label: str
    items: list[_Item]
    at: int
    weight: int
    others: int = 0


def treemap(
    tree: KeyTree, measure: Measure = "bytes", *, depth: int = DEPTH, least: float = LEAST, aspect: float = 1.6
) -> tuple[Tile, ...]:
    """Return the tiles of a tree, `depth` deep, each before those inside it; largest first, equal ones in listing order, others last.

    aspect -- width of the drawing by its height, so that tiles come out near to squares
    """
    weigh: Callable[[TensorInfo], int] = _nbytes if measure == "bytes" else _numel
    items = [_Item(key.split(tree.separator), 0 if info.alias else weigh(info)) for key, info in tree.tensors.items()]
    total = sum(item.weight for item in items)
    if not total or depth < 1:
        return ()
    tiles: list[Tile] = []
    whole = _Group("", "", items, 0, total)
    _draw(whole, Rectangle(0.0, 0.0, aspect, 1.0), 0, _Drawing(tree.separator, depth, least * total, aspect, tiles))
    return tuple(tiles)


class _Drawing(NamedTuple):
    separator: str
    depth: int
    least: float
    aspect: float
    tiles: list[Tile]


def _draw(group: _Group, area: Rectangle, level: int, drawing: _Drawing) -> None:
    parts = _folded(_parts(group, drawing.separator), group, drawing.least)
    for part, box in zip(parts, squarified([part.weight for part in parts], area), strict=True):
        x, y, width, height = box.scaled(1 / drawing.aspect, 1.0)
        inside = level + 1 < drawing.depth and not part.others and any(len(item.segments) > part.at for item in part.items)
        drawing.tiles.append(
            Tile(part.path, part.label, level, x, y, width, height, part.weight, len(part.items), part.others, leaf=not inside)
        )
        if inside:
            _draw(part, box, level + 1, drawing)


def _parts(group: _Group, separator: str) -> list[_Group]:
    """Divide by the next segment; a part that is a single path for a while has all of it as its label."""
    below: dict[str | None, list[_Item]] = {}
    for item in group.items:
        below.setdefault(item.segments[group.at] if group.at < len(item.segments) else None, []).append(item)
    return [_joined(items, group.at, separator) for items in below.values()]


def _joined(items: list[_Item], at: int, separator: str) -> _Group:
    first = items[0].segments
    end = min(at + 1, len(first))
    shortest = min(len(item.segments) for item in items)
    while end < shortest and all(item.segments[end] == first[end] for item in items):
        end += 1
    # A tensor whose key is also the beginning of others has no segment left to be called by.
    path, label = separator.join(first[:end]), separator.join(first[at:end] or first[-1:])
    return _Group(path, label, items, end, sum(item.weight for item in items))


def _folded(parts: Sequence[_Group], around: _Group, least: float) -> list[_Group]:
    """Sort by weight; small ones become one, where they are several. What weighs nothing takes no room."""
    drawn = sorted((part for part in parts if part.weight), key=lambda part: -part.weight)
    small = [part for part in drawn if part.weight < least]
    if len(small) < 2:
        return drawn
    items = [item for part in small for item in part.items]
    return [*drawn[: len(drawn) - len(small)], _Group(around.path, "", items, around.at, sum(part.weight for part in small), len(small))]


def _nbytes(info: TensorInfo) -> int:
    return info.stored


def _numel(info: TensorInfo) -> int:
    return info.numel
