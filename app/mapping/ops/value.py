"""What an op works on: the recipe of a tensor, with the shape and dtype that it will have."""

from collections.abc import Sequence
from math import prod
from typing import TypeAlias

import msgspec

from app.mapping.errors import OpError
from app.mapping.outcomes import Recipe, Step
from app.mapping.plan import Arg

Shape: TypeAlias = tuple[int, ...]


class Value(msgspec.Struct, frozen=True, gc=False):
    """A tensor to be: how it is made, its shape and dtype."""

    recipe: Recipe
    shape: Shape
    dtype: str

    @property
    def numel(self) -> int:
        """Count of elements."""
        return prod(self.shape)


def step(op: str, inputs: Sequence[Value], shape: Shape, args: dict[str, Arg], dtype: str | None = None) -> Value:
    """Make the value of a kernel op; every argument a literal."""
    of = inputs[0].dtype if dtype is None else dtype
    return Value(Step(op, tuple(value.recipe for value in inputs), args, shape, of), shape, of)


def words(shape: Sequence[int]) -> str:
    """Write a shape for a message, sizes joined by a times sign."""
    return " \u00d7 ".join(map(str, shape)) if shape else "scalar"


def axis(op: str, value: Value, dim: int) -> int:
    """Return `dim` counted from the front; OpError `op_dim` where the tensor has no such dimension."""
    rank = len(value.shape)
    if not -rank <= dim < rank:
        raise OpError("op_dim", op=op, dim=dim, shape=words(value.shape))
    return dim % rank


def divided(op: str, size: int, parts: int, dim: int, value: Value) -> int:
    """Return `size / parts`; OpError `op_not_divisible` where that leaves a remainder."""
    if parts < 1 or size % parts:
        raise OpError("op_not_divisible", op=op, size=size, parts=parts, dim=dim, shape=words(value.shape))
    return size // parts
