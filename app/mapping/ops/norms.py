"""weight_norm: a weight as direction `v` (`original1`) and length `g` (`original0`).

Source: torch.nn.utils.parametrizations.weight_norm.
"""

from app.keys.dtypes import FLOATING
from app.mapping.errors import OpError
from app.mapping.ops.op import Example, Op, Operands, Parameter
from app.mapping.ops.value import Value, axis, step, words


def _lengths(value: Value, dim: int) -> tuple[int, ...]:
    return tuple(size if at == dim else 1 for at, size in enumerate(value.shape))


def _fold(operands: Operands) -> Value:
    length, direction = operands.inputs
    dim = axis("weight_norm_fold", direction, operands.integer("dim"))
    if length.shape != _lengths(direction, dim) or direction.dtype not in FLOATING or length.dtype != direction.dtype:
        raise OpError("op_weight_norm", op="weight_norm_fold", g=words(length.shape), v=words(direction.shape), dim=dim)
    return step("weight_norm", [length, direction], direction.shape, {"dim": dim})


def _split(operands: Operands) -> Value:
    value = operands.value
    dim = axis("weight_norm_split", value, operands.integer("dim"))
    if value.dtype not in FLOATING:
        raise OpError("op_floating", op="weight_norm_split", dtype=value.dtype)
    match operands.index:
        case "g":
            return step("norm", [value], _lengths(value, dim), {"dim": dim})
        case "v":
            return value
        case _:
            raise OpError("op_result_name", op="weight_norm_split", known="g, v")


_DIM = (Parameter("dim", "int", 0),)

NORMS = (
    Op(
        "weight_norm_fold",
        "Fold length and direction of a weight norm into the weight.",
        _fold,
        Example(
            '"conv.weight" = weight_norm_fold("conv.weight_g", "conv.weight_v")',
            {"conv.weight_g": (64, 1, 1), "conv.weight_v": (64, 32, 3)},
            (64, 32, 3),
        ),
        _DIM,
        least=2,
        most=2,
        inverse="weight_norm_split",
        group="norms",
    ),
    Op(
        "weight_norm_split",
        "Split a weight into length `g` and direction `v`.",
        _split,
        Example('"conv.weight_g" = weight_norm_split("conv.weight")[g]', {"conv.weight": (64, 32, 3)}, (64, 1, 1)),
        _DIM,
        results=True,
        inverse="weight_norm_fold",
        group="norms",
    ),
)
