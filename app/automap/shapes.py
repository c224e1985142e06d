"""Which op could turn one shape into another."""

from functools import lru_cache
from math import prod
from typing import Any

from app.automap.units import Shape

TRANSPOSED = "transpose"
Op = tuple[str, dict[str, Any]]
"""Name and arguments of an op, in the words of a claim."""


@lru_cache(maxsize=65_536)
def op_between(source: Shape, target: Shape) -> Op | None:
    """Return op and arguments that make `target` of `source`; None where no simple one does."""
    if source == target:
        return "identity", {}
    axes = _axes(source, target)
    if axes is not None:
        return axes
    if _same_but_ones(source, target) or _flattened(source, target) or _by_head(source, target):
        return "reshape", {"shape": list(target)}
    return None


def _axes(source: Shape, target: Shape) -> Op | None:
    """Reorder axes the way frameworks do: kernels of Keras and Flax end with (in, out), torch begins with (out, in)."""
    rank = len(source)
    if rank != len(target) or rank < 2:
        return None
    orders = [(*range(rank - 1, rank - 3, -1), *range(rank - 2))]
    if rank == 2:
        orders = [(1, 0)]
    elif rank == 3:
        orders = [(2, 1, 0), (0, 2, 1)]
    elif rank in {4, 5}:
        orders += [
            (rank - 2, rank - 1, *range(rank - 2)),
            (*range(2, rank), 1, 0),
            (*range(2, rank), 0, 1),
            (1, 0, *range(2, rank)),
            (0, *range(2, rank), 1),
            (0, rank - 1, *range(1, rank - 1)),
        ]
        if source[0] == source[1] > max(source[2:]):  # as many channels in as out, and they come first: torch's, on its way to Keras
            orders.insert(0, (*range(2, rank), 1, 0))
    for order in orders:
        if tuple(source[axis] for axis in order) == target:
            moved = [axis for axis in range(rank) if order[axis] != axis]
            if len(moved) == 2:
                return TRANSPOSED, {"dims": moved}
            return "permute", {"kind": "dims", "dims": list(order)}
    return None


def _same_but_ones(source: Shape, target: Shape) -> bool:
    return [size for size in source if size != 1] == [size for size in target if size != 1]


def _flattened(source: Shape, target: Shape) -> bool:
    """A patch convolution as a linear: trailing axes merged into one, or split."""
    if prod(source) != prod(target) or not source or not target:
        return False
    short, long = sorted((source, target), key=len)
    return len(short) == 2 and len(long) > 2 and short[0] == long[0]


def _by_head(source: Shape, target: Shape) -> bool:
    """A projection whose heads have an axis of their own, as Flax keeps it: kernels (in, heads, size) or (heads, size, out), biases (heads, size)."""
    short, long = sorted((source, target), key=len)
    if len(long) != len(short) + 1 or len(long) not in {2, 3} or 1 in long:
        return False
    merged = [(*long[:at], long[at] * long[at + 1], *long[at + 2 :]) for at in range(len(long) - 1)]
    return any(sorted(sizes) == sorted(short) for sizes in merged)


def headed(kernel: Shape, matrix: Shape) -> Shape | None:
    """Return the shape (in, out) of a kernel whose heads have an axis of their own, where it is a matrix (out, in) turned; else None."""
    if len(kernel) != 3 or len(matrix) != 2:
        return None
    first, middle, last = kernel
    return next((sizes for sizes in ((first, middle * last), (first * middle, last)) if sizes == matrix[::-1]), None)


@lru_cache(maxsize=65_536)
def buckets(shape: Shape) -> tuple[object, ...]:
    """Return what shapes that `op_between` joins have in common: they share one of these."""
    sizes = tuple(sorted(size for size in shape if size != 1))
    if len(shape) < 2 or shape[0] == prod(shape):
        return (sizes,)
    ends = dict.fromkeys((shape[0], shape[-1]) if len(shape) in {2, 3} else (shape[0],))
    return (sizes, *(("flat", end, prod(shape)) for end in ends))
