"""Recipes that only move elements or change float widths, by numpy on raw bytes: no torch, and little memory.

Elements are read as unsigned integers of their size, so that every type is moved alike. Rounding is to nearest, ties to even,
as torch does it; tests compare the two bit by bit.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np

from app.errors import KeygraftError
from app.keys import KeyTree, itemsize
from app.keys.blocks import unpacked
from app.keys.dtypes import UNPACKED, plain_dtype
from app.mapping import Leaf, Recipe, Step
from app.sources import FileSet

Array: TypeAlias = "np.ndarray[tuple[int, ...], np.dtype[Any]]"

_WORDS = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64, 16: np.complex128}
_FLOATS = {"F64": np.float64, "F32": np.float32, "F16": np.float16}
FLOATS = {dtype: _WORDS[int(itemsize(dtype) or 0)] for dtype in (*_FLOATS, "BF16")}
"""Float types that `converted` knows, and the unsigned integers that hold them."""
_BLOCK = 1 << 18
"""Elements converted at once: what a cache holds."""


class ReadError(KeygraftError):
    """A source whose bytes are not what its tree says."""


def moves(recipe: Recipe, trees: Mapping[str, KeyTree]) -> bool:
    """Whether `Mover` can make the tensor."""
    if isinstance(recipe, Leaf):
        return itemsize(_dtype(recipe, trees)) in _WORDS
    if recipe.op == "cast":
        known = recipe.dtype in {*_FLOATS, "BF16"} and _dtype(recipe.inputs[0], trees) in {*_FLOATS, "BF16"}
    elif recipe.op == "fresh":
        known = recipe.args["policy"] == "zeros" or (recipe.args["policy"] in {"ones", "constant"} and recipe.dtype in FLOATS)
    else:
        known = recipe.op in _MOVES
    return known and all(moves(part, trees) for part in recipe.inputs)


def _dtype(recipe: Recipe, trees: Mapping[str, KeyTree]) -> str:
    return recipe.dtype if isinstance(recipe, Step) else plain_dtype(trees[recipe.source].tensors[recipe.key].dtype)


class Mover:
    """Makes tensors from the bytes of files.

    trees -- source name -> key tree, with locations
    files -- source name -> the files those locations point into
    """

    def __init__(self, trees: Mapping[str, KeyTree], files: Mapping[str, FileSet]) -> None:
        self._trees = trees
        self._files = files
        self._room = np.empty(0, np.uint8)

    def __call__(self, recipe: Recipe) -> memoryview:
        """Return the bytes of a tensor in row-major order; they stand until the next call, which takes the same memory."""
        made = self._made(recipe)
        if not made.flags.c_contiguous:
            if self._room.nbytes < made.nbytes:
                self._room = np.empty(made.nbytes, np.uint8)
            made = tiled(made, self._room[: made.nbytes].view(made.dtype).reshape(made.shape))
        return made.reshape(-1).view(np.uint8).data

    def _made(self, recipe: Recipe) -> Array:
        if isinstance(recipe, Leaf):
            return self._leaf(recipe)
        parts = [self._made(part) for part in recipe.inputs]
        if recipe.op == "cast":
            return converted(parts[0], _dtype(recipe.inputs[0], self._trees), recipe.dtype)
        if recipe.op == "fresh":
            return _filled(recipe)
        return _MOVES[recipe.op](parts, recipe.args)

    def _leaf(self, leaf: Leaf) -> Array:
        tree = self._trees[leaf.source]
        info = tree.tensors[leaf.key]
        word = np.dtype(_WORDS[int(itemsize(plain_dtype(info.dtype)) or 0)])
        shape, where = info.shape or (), info.where
        if 0 in shape or where is None:
            return np.empty(shape, word)
        strides = None if info.stride is None else tuple(step * word.itemsize for step in info.stride)
        length = info.stored if strides is None else sum((n - 1) * s for n, s in zip(shape, strides, strict=True)) + word.itemsize
        name = tree.files[where.file].name
        data = self._files[leaf.source].open(name).read_at(where.offset, length)
        if len(data) != length:
            raise ReadError("tensor_truncated", key=leaf.key, file=name)
        if info.dtype in UNPACKED:
            return unpacked(data, info.dtype).view(word).reshape(shape)
        return np.ndarray(shape, word, data, strides=strides)


def tiled(moved: Array, out: Array) -> Array:
    """Copy a view whose elements lie across, tile by tile: each fits into a cache both as it is read and as it is written."""
    read = int(np.argmin([abs(step) if size > 1 else _FAR for size, step in zip(moved.shape, moved.strides, strict=True)]))
    written = moved.ndim - 1
    if read == written:
        out[...] = moved
        return out
    place = [slice(None)] * moved.ndim
    for row in range(0, moved.shape[read], _TILE):
        place[read] = slice(row, row + _TILE)
        for column in range(0, moved.shape[written], _TILE):
            place[written] = slice(column, column + _TILE)
            out[tuple(place)] = moved[tuple(place)]
    return out


_TILE = 128
_FAR = 1 << 62


def _filled(recipe: Step) -> Array:
    """A tensor of one value, as `start_fresh` of the kernels makes it: in F32, then cast."""
    if recipe.args["policy"] == "zeros":
        return np.zeros(recipe.shape, _WORDS[int(itemsize(recipe.dtype) or 0)])
    settings = recipe.args["settings"]
    value = settings["value"] if isinstance(settings, dict) and recipe.args["policy"] == "constant" else 1.0
    return converted(np.full(recipe.shape, value, np.float32).view(np.uint32), "F32", recipe.dtype)


def converted(words: Array, old: str, new: str) -> Array:
    """Convert floats, given as unsigned integers of their size, block by block."""
    flat = np.ascontiguousarray(words).reshape(-1)
    out: Array = np.empty(flat.shape, _WORDS[int(itemsize(new) or 0)])
    with np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, flat.size, _BLOCK):
            out[start : start + _BLOCK] = _narrowed(_widened(flat[start : start + _BLOCK], old), new)
    return out.reshape(words.shape)


def _widened(words: Array, dtype: str) -> Array:
    """Read words as floats numpy knows."""
    if dtype == "BF16":
        return (words.astype(np.uint32) << np.uint32(16)).view(np.float32)
    return words.view(_FLOATS[dtype])


def _narrowed(values: Array, dtype: str) -> Array:
    """Write floats as words of a type."""
    if dtype != "BF16":
        return values.astype(_FLOATS[dtype]).view(_WORDS[int(itemsize(dtype) or 0)])
    bits = values.astype(np.float32).view(np.uint32)
    rounded = (bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))) >> np.uint32(16)
    quiet = np.uint16(0x7FC0)
    return np.where(np.isnan(bits.view(np.float32)), quiet, rounded.astype(np.uint16))


Args: TypeAlias = Mapping[str, Any]
Move: TypeAlias = Callable[[list[Array], Args], Array]


def _permute(parts: list[Array], args: Args) -> Array:
    if args.get("kind", "dims") == "dims":
        return parts[0].transpose(args["dims"])
    dim = args["dim"]
    if "roll" in args:
        rolled: Array = np.roll(parts[0], -int(args["roll"]), dim)
        return rolled
    order = np.arange(parts[0].shape[dim])
    if "view" in args:
        order = order.reshape(args["view"]).transpose(args["dims"]).reshape(-1)
    elif "deinterleave" in args:
        sizes = args["deinterleave"]["parts"]
        grid = order.reshape(args["deinterleave"]["groups"], -1)
        order = np.concatenate([part.reshape(-1) for part in np.split(grid, np.cumsum(sizes)[:-1], axis=1)])
    else:
        order = np.array(args["index"])
    moved: Array = np.take(parts[0], order, dim)
    return moved


def _slice(parts: list[Array], args: Args) -> Array:
    cut: Array = parts[0][(slice(None),) * args["dim"] + (slice(args["start"], args["start"] + args["length"]),)]
    return cut


_MOVES: dict[str, Move] = {
    "identity": lambda parts, _: parts[0],
    "slice": _slice,
    "select": lambda parts, args: parts[0][(slice(None),) * args["dim"] + (args["index"],)],
    "concat": lambda parts, args: np.concatenate(parts, args["dim"]),
    "stack": lambda parts, args: np.stack(parts, args["dim"]),
    "transpose": lambda parts, args: np.swapaxes(parts[0], *args["dims"]),
    "permute": _permute,
    "reshape": lambda parts, args: parts[0].reshape(args["shape"]),
    "flip": lambda parts, args: np.flip(parts[0], args["dims"]),
    "repeat": lambda parts, args: np.concatenate(parts * args["times"], args["dim"]),
}
