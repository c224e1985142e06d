"""Recipes that need no arithmetic, as ranges of source files: renames, leading slices, joins and contiguous reshapes."""

from collections.abc import Iterable, Mapping
from math import prod

from app.exporting.piece import Piece, Range
from app.keys import KeyTree, itemsize
from app.keys.dtypes import UNPACKED, plain_dtype
from app.mapping.outcomes import Leaf, Recipe, Step

Shape = tuple[int, ...]

PAGE = 4096
LARGE = 1 << 20
"""Bytes from which on a range is laid out so that it keeps its place in a page."""


def ranges_of(recipe: Recipe, sources: Mapping[str, KeyTree]) -> tuple[Range, ...] | None:
    """Return the ranges whose bytes, one after another, are the tensor; None where it has to be computed."""
    if isinstance(recipe, Leaf):
        return _of_leaf(recipe, sources)
    rule = _RULES.get(recipe.op)
    return rule(recipe, sources) if rule else None


def shape_of(recipe: Recipe, sources: Mapping[str, KeyTree]) -> tuple[Shape, str]:
    """Return shape and dtype of a recipe's result."""
    if isinstance(recipe, Step):
        return recipe.shape, recipe.dtype
    info = sources[recipe.source].tensors[recipe.key]
    return info.shape or (), plain_dtype(info.dtype)


def _of_leaf(leaf: Leaf, sources: Mapping[str, KeyTree]) -> tuple[Range, ...] | None:
    tree = sources[leaf.source]
    info = tree.tensors[leaf.key]
    if info.where is None or info.layout != "strided" or info.shape is None or not _row_major(info.shape, info.stride):
        return None
    if info.dtype in UNPACKED:
        return None
    if not info.nbytes:
        return ()
    return (Range(tree.files[info.where.file].name, info.where.offset, info.nbytes, leaf.source),)


def _row_major(shape: Shape, stride: Shape | None) -> bool:
    """Whether elements lie one after another; the stride of a dimension of size one says nothing."""
    if stride is None or 0 in shape:
        return True
    expected = 1
    for size, step in zip(reversed(shape), reversed(stride), strict=True):
        if size != 1 and step != expected:
            return False
        expected *= size
    return True


def _cut(recipe: Step, sources: Mapping[str, KeyTree], dim: int, start: int, count: int) -> tuple[Range, ...] | None:
    """Take rows of the first dimension that is not of size one."""
    shape, dtype = shape_of(recipe.inputs[0], sources)
    size = itemsize(dtype)
    found = ranges_of(recipe.inputs[0], sources)
    if found is None or size is None or size != int(size) or prod(shape[:dim]) != 1:
        return None
    row = prod(shape[dim + 1 :]) * int(size)
    return tuple(_part(found, start * row, count * row))


def _part(ranges: tuple[Range, ...], start: int, length: int) -> list[Range]:
    """Take `length` bytes from `start` on out of ranges."""
    out = []
    for each in ranges:
        begin, end = max(start, 0), min(start + length, each.length)
        if begin < end:
            out.append(Range(each.file, each.offset + begin, end - begin, each.source))
        start -= each.length
    return out


def _slice(recipe: Step, sources: Mapping[str, KeyTree]) -> tuple[Range, ...] | None:
    return _cut(recipe, sources, _integer(recipe, "dim"), _integer(recipe, "start"), _integer(recipe, "length"))


def _select(recipe: Step, sources: Mapping[str, KeyTree]) -> tuple[Range, ...] | None:
    return _cut(recipe, sources, _integer(recipe, "dim"), _integer(recipe, "index"), 1)


def _integer(recipe: Step, name: str) -> int:
    value = recipe.args[name]
    assert isinstance(value, int)  # noqa: S101 -- the recipe was made by the op's shape rule
    return value


def _joined(recipe: Step, sources: Mapping[str, KeyTree]) -> tuple[Range, ...] | None:
    """Join along a dimension before which all sizes are one."""
    if prod(recipe.shape[: _integer(recipe, "dim")]) != 1:
        return None
    out: list[Range] = []
    for part in recipe.inputs:
        found = ranges_of(part, sources)
        if found is None:
            return None
        out.extend(found)
    return tuple(out)


def _same_bytes(recipe: Step, sources: Mapping[str, KeyTree]) -> tuple[Range, ...] | None:
    return ranges_of(recipe.inputs[0], sources)


def _reordered(recipe: Step, sources: Mapping[str, KeyTree]) -> tuple[Range, ...] | None:
    """Reorder dimensions without moving an element: only those of size one change their place."""
    if recipe.args.get("kind", "dims") != "dims":  # rows change their place inside a dimension: elements move
        return None
    shape, _ = shape_of(recipe.inputs[0], sources)
    order = list(range(len(shape)))
    dims = recipe.args["dims"]
    assert isinstance(dims, list)  # noqa: S101 -- the recipe was made by the op's shape rule
    if recipe.op == "transpose":
        first, second = dims
        order[first], order[second] = order[second], order[first]
    else:
        order = dims
    moved = [dim for dim in order if shape[dim] != 1]
    return ranges_of(recipe.inputs[0], sources) if moved == sorted(moved) else None


_RULES = {
    "identity": _same_bytes,
    "reshape": _same_bytes,
    "slice": _slice,
    "select": _select,
    "concat": _joined,
    "stack": _joined,
    "transpose": _reordered,
    "permute": _reordered,
}


def joined(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """Make ranges that follow each other in one file one."""
    out: list[Piece] = []
    for each in pieces:
        last = out[-1] if out else None
        if isinstance(each, Range) and isinstance(last, Range) and _follows(last, each):
            out[-1] = Range(last.file, last.offset, last.length + each.length, last.source)
        else:
            out.append(each)
    return tuple(out)


def _follows(last: Range, each: Range) -> bool:
    return (last.file, last.source) == (each.file, each.source) and last.offset + last.length == each.offset
