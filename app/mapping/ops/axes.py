"""Ops that reorder whole dimensions."""

from app.mapping.errors import OpError
from app.mapping.ops.op import Example, Op, Operands, Parameter
from app.mapping.ops.value import Value, axis, step, words


def transpose(value: Value, first: int, second: int) -> Value:
    """Exchange two dimensions."""
    first, second = sorted((axis("transpose", value, first), axis("transpose", value, second)))
    if first == second:
        return value
    shape = list(value.shape)
    shape[first], shape[second] = shape[second], shape[first]
    return step("transpose", [value], tuple(shape), {"dims": [first, second]})


def permute(value: Value, dims: tuple[int, ...]) -> Value:
    """Put the dimensions into another order."""
    order = [axis("permute", value, dim) for dim in dims]
    if sorted(order) != list(range(len(value.shape))):
        raise OpError("op_axes", op="permute", dims=str(list(dims)), shape=words(value.shape))
    if order == sorted(order):
        return value
    return step("permute", [value], tuple(value.shape[dim] for dim in order), {"kind": "dims", "dims": list(order)})


def _transpose(operands: Operands) -> Value:
    return transpose(operands.value, operands.integer("dim0"), operands.integer("dim1"))


def _linear_transposed(operands: Operands) -> Value:
    if len(operands.value.shape) == 1:
        return operands.value
    return transpose(operands.value, 0, 1)


AXES = (
    Op(
        "transpose",
        "Exchange two dimensions.",
        _transpose,
        Example('"fc.weight" = transpose("fc.kernel")', {"fc.kernel": (768, 3072)}, (3072, 768)),
        (Parameter("dim0", "int", 0, positional=True), Parameter("dim1", "int", 1, positional=True)),
        inverse="transpose",
        group="axes",
    ),
    Op(
        "permute",
        "Put the dimensions into another order.",
        lambda operands: permute(operands.value, operands.integers("dims")),
        Example('"conv.weight" = permute("conv.kernel", dims=[3, 2, 0, 1])', {"conv.kernel": (7, 7, 3, 64)}, (64, 3, 7, 7)),
        (Parameter("dims", "ints"),),
        inverse="permute with the inverse order",
        group="axes",
    ),
    Op(
        "conv1d_to_linear",
        "Transpose the weight of a GPT-2 style Conv1D; a bias passes unchanged.",
        _linear_transposed,
        Example('"h.{i}.fc.{p}" = conv1d_to_linear("h.{i}.c_fc.{p}")', {"h.0.c_fc.weight": (768, 3072)}, (3072, 768)),
        inverse="conv1d_to_linear",
        group="axes",
    ),
)
