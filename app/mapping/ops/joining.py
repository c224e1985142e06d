"""Ops that join tensors."""

from collections.abc import Sequence

from app.mapping.errors import OpError
from app.mapping.ops.op import Example, Op, Operands, Parameter
from app.mapping.ops.value import Value, axis, step, words


def concat(values: Sequence[Value], dim: int) -> Value:
    """Lay tensors behind one another along a dimension."""
    if len(values) == 1:
        return values[0]
    first = values[0]
    dim = axis("concat", first, dim)
    for value in values[1:]:
        if value.shape[:dim] != first.shape[:dim] or value.shape[dim + 1 :] != first.shape[dim + 1 :]:
            raise OpError("op_join", op="concat", first=words(first.shape), second=words(value.shape), dim=dim)
        _same_dtype("concat", first, value)
    total = sum(value.shape[dim] for value in values)
    return step("concat", values, (*first.shape[:dim], total, *first.shape[dim + 1 :]), {"dim": dim})


def stack(values: Sequence[Value], dim: int) -> Value:
    """Lay tensors of one shape side by side along a new dimension."""
    first = values[0]
    for value in values[1:]:
        if value.shape != first.shape:
            raise OpError("op_join", op="stack", first=words(first.shape), second=words(value.shape), dim=dim)
        _same_dtype("stack", first, value)
    rank = len(first.shape)
    if not -rank - 1 <= dim <= rank:
        raise OpError("op_dim", op="stack", dim=dim, shape=words(first.shape))
    dim %= rank + 1
    return step("stack", values, (*first.shape[:dim], len(values), *first.shape[dim:]), {"dim": dim})


def _same_dtype(op: str, first: Value, second: Value) -> None:
    if first.dtype != second.dtype:
        raise OpError("op_dtypes", op=op, first=first.dtype, second=second.dtype)


def _concat(operands: Operands) -> Value:
    return concat(operands.inputs, operands.integer("dim"))


def _stack(operands: Operands) -> Value:
    return stack(operands.inputs, operands.integer("dim"))


_DIM = (Parameter("dim", "int", 0),)

JOINING = (
    Op(
        "concat",
        "Lay tensors behind one another along a dimension.",
        _concat,
        Example('"qkv" = concat("q", "k", "v", dim=0)', {"q": (4096, 4096), "k": (1024, 4096), "v": (1024, 4096)}, (6144, 4096)),
        _DIM,
        most=None,
        inverse="split",
        group="joins",
    ),
    Op(
        "stack",
        "Lay tensors of one shape side by side along a new dimension.",
        _stack,
        Example('"experts.w" = stack("experts.{e}.w", dim=0)', {"experts.0.w": (4, 6), "experts.1.w": (4, 6)}, (2, 4, 6)),
        _DIM,
        most=None,
        inverse="select",
        group="joins",
    ),
)
