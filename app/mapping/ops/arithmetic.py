"""Ops that compute with elements."""

from app.keys.dtypes import FLOATING, ITEMSIZE
from app.mapping.errors import OpError
from app.mapping.ops.op import Example, Op, Operands, Parameter
from app.mapping.ops.value import Shape, Value, axis, step, words


def cast(value: Value, dtype: str) -> Value:
    """Turn the elements into another dtype."""
    if dtype not in ITEMSIZE:
        raise OpError("op_dtype", op="cast", dtype=dtype)
    return value if dtype == value.dtype else step("cast", [value], value.shape, {"dtype": dtype}, dtype)


def scale(value: Value, factor: float, offset: float = 0.0) -> Value:
    """Multiply by a number, then add one; only floating tensors."""
    if value.dtype not in FLOATING:
        raise OpError("op_floating", op="scale", dtype=value.dtype)
    if factor == 1 and offset == 0:
        return value
    return step("scale", [value], value.shape, {"factor": float(factor), "offset": float(offset)})


def total(value: Value, dim: int, op: str, *, keep: bool) -> Value:
    """Sum, or average, over a dimension; it stays with size one where `keep`."""
    dim = axis(op, value, dim)
    shape = (*value.shape[:dim], *((1,) if keep else ()), *value.shape[dim + 1 :])
    return step(op, [value], shape, {"dim": dim, "keepdim": keep})


def matmul(left: Value, right: Value) -> Value:
    """Matrix product of two matrices."""
    if len(left.shape) != 2 or len(right.shape) != 2 or left.shape[1] != right.shape[0]:
        raise OpError("op_matmul", op="matmul", first=words(left.shape), second=words(right.shape))
    _same("matmul", left, right)
    return step("matmul", [left, right], (left.shape[0], right.shape[1]), {})


def add(left: Value, right: Value, alpha: float = 1.0) -> Value:
    """Sum of two tensors of one shape, the second times `alpha`."""
    if left.shape != right.shape:
        raise OpError("op_join", op="add", first=words(left.shape), second=words(right.shape), dim=0)
    _same("add", left, right)
    return step("add", [left, right], left.shape, {"alpha": float(alpha)})


def _same(op: str, left: Value, right: Value) -> None:
    if left.dtype != right.dtype:
        raise OpError("op_dtypes", op=op, first=left.dtype, second=right.dtype)


def _reduce(operands: Operands) -> Value:
    return total(operands.value, operands.integer("dim"), operands.op, keep=operands.flag("keepdim"))


def _mean(operands: Operands) -> Value:
    if operands.value.dtype not in FLOATING:
        raise OpError("op_floating", op="mean", dtype=operands.value.dtype)
    return _reduce(operands)


def _repeat(operands: Operands) -> Value:
    return repeat(operands.value, axis("repeat", operands.value, operands.integer("dim")), operands.integer("times"))


def repeat(value: Value, dim: int, times: int) -> Value:
    """Lay a tensor behind itself along a dimension."""
    if times < 1:
        raise OpError("op_times", op="repeat", times=times)
    if times == 1:
        return value
    shape: Shape = (*value.shape[:dim], value.shape[dim] * times, *value.shape[dim + 1 :])
    return step("repeat", [value], shape, {"dim": dim, "times": times})


_KEEP = Parameter("keepdim", "flag", default=True, summary="whether the dimension stays, with size one")

ARITHMETIC = (
    Op(
        "cast",
        "Turn the elements into another dtype.",
        lambda operands: cast(operands.value, operands.text("dtype")),
        Example('"w" = cast("w", dtype=BF16)', {"w": (8, 4)}, (8, 4)),
        (Parameter("dtype", "text"),),
        inverse="cast, where the dtype is wider",
        group="numbers",
    ),
    Op(
        "scale",
        "Multiply by `factor`, then add `offset`.",
        lambda operands: scale(operands.value, operands.number("factor"), operands.number("offset")),
        Example('"norm.weight" = scale("norm.weight", offset=1.0)', {"norm.weight": (2048,)}, (2048,)),
        (Parameter("factor", "float", 1.0), Parameter("offset", "float", 0.0)),
        inverse="scale, but for rounding",
        group="numbers",
    ),
    Op(
        "add",
        "Add two tensors of one shape, the second times `alpha`.",
        lambda operands: add(operands.inputs[0], operands.inputs[1], operands.number("alpha")),
        Example(
            '"q.weight" = add("q.weight", matmul("q.lora_B", "q.lora_A"), alpha=0.5)',
            {"q.weight": (64, 32), "q.lora_B": (64, 8), "q.lora_A": (8, 32)},
            (64, 32),
        ),
        (Parameter("alpha", "float", 1.0),),
        least=2,
        most=2,
        group="numbers",
    ),
    Op(
        "matmul",
        "Matrix product; merges a low-rank adapter.",
        lambda operands: matmul(operands.inputs[0], operands.inputs[1]),
        Example('"w" = matmul("lora_B", "lora_A")', {"lora_B": (64, 8), "lora_A": (8, 32)}, (64, 32)),
        least=2,
        most=2,
        group="numbers",
    ),
    Op(
        "sum",
        "Add up along a dimension.",
        _reduce,
        Example('"conv1.weight" = sum("conv1.weight", dim=1)', {"conv1.weight": (64, 3, 7, 7)}, (64, 1, 7, 7)),
        (Parameter("dim", "int"), _KEEP),
        group="numbers",
    ),
    Op(
        "mean",
        "Average along a dimension.",
        _mean,
        Example('"conv1.weight" = mean("conv1.weight", dim=1)', {"conv1.weight": (64, 3, 7, 7)}, (64, 1, 7, 7)),
        (Parameter("dim", "int"), _KEEP),
        group="numbers",
    ),
    Op(
        "repeat",
        "Lay a tensor behind itself along a dimension.",
        _repeat,
        Example('"conv.weight" = repeat("conv.weight", dim=2, times=5)', {"conv.weight": (64, 3, 1, 7, 7)}, (64, 3, 5, 7, 7)),
        (Parameter("dim", "int"), Parameter("times", "int")),
        inverse="slice",
        group="numbers",
    ),
)
