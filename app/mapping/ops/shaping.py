"""Ops that read the same elements under another shape."""

from math import prod

from app.mapping.errors import OpError
from app.mapping.ops.op import Example, Op, Operands, Parameter
from app.mapping.ops.value import Shape, Value, axis, step, words


def reshape(value: Value, shape: tuple[int, ...], op: str = "reshape") -> Value:
    """Read the elements in order under `shape`, in which one -1 is worked out."""
    full = _worked_out(value, shape, op)
    if full == value.shape:
        return value
    return step("reshape", [value], full, {"shape": list(full)})


def _worked_out(value: Value, shape: tuple[int, ...], op: str) -> Shape:
    known = prod(size for size in shape if size != -1)
    if shape.count(-1) > 1 or any(size < -1 for size in shape):
        raise OpError("op_shape", op=op, wanted=words(shape), shape=words(value.shape))
    if -1 in shape:
        if not known or value.numel % known:
            raise OpError("op_shape", op=op, wanted=words(shape), shape=words(value.shape))
        return tuple(value.numel // known if size == -1 else size for size in shape)
    if known != value.numel:
        raise OpError("op_shape", op=op, wanted=words(shape), shape=words(value.shape))
    return shape


def _reshape(operands: Operands) -> Value:
    if operands.args["like"] is not None:
        if operands.args["like"] != "target" or operands.args["shape"] is not None:
            raise OpError("op_argument_kind", op="reshape", argument="like", wanted="target", found=str(operands.args["like"]))
        if operands.target is None:
            raise OpError("op_target_shape", op="reshape")
        return reshape(operands.value, operands.target)
    if operands.args["shape"] is None:
        raise OpError("op_argument_missing", op="reshape", argument="shape")
    return reshape(operands.value, operands.integers("shape"))


def _squeeze(operands: Operands) -> Value:
    value = operands.value
    dims = operands.args["dim"]
    gone = (
        {axis("squeeze", value, dim) for dim in operands.integers("dim")}
        if dims is not None
        else {at for at, size in enumerate(value.shape) if size == 1}
    )
    for dim in gone:
        if value.shape[dim] != 1:
            raise OpError("op_squeeze", op="squeeze", dim=dim, size=value.shape[dim], shape=words(value.shape))
    return reshape(value, tuple(size for at, size in enumerate(value.shape) if at not in gone))


def _unsqueeze(operands: Operands) -> Value:
    shape = list(operands.value.shape)
    dim = operands.integer("dim")
    if not -len(shape) - 1 <= dim <= len(shape):
        raise OpError("op_dim", op="unsqueeze", dim=dim, shape=words(shape))
    shape.insert(dim if dim >= 0 else len(shape) + 1 + dim, 1)
    return reshape(operands.value, tuple(shape))


def _flatten(operands: Operands) -> Value:
    value = operands.value
    first, last = axis("flatten", value, operands.integer("start_dim")), axis("flatten", value, operands.integer("end_dim"))
    if first > last:
        raise OpError("op_dim", op="flatten", dim=first, shape=words(value.shape))
    return reshape(value, (*value.shape[:first], prod(value.shape[first : last + 1]), *value.shape[last + 1 :]))


def _conv_to_linear(operands: Operands) -> Value:
    value = operands.value
    if len(value.shape) == 1:
        return value
    if len(value.shape) < 3 or any(size != 1 for size in value.shape[2:]):
        raise OpError("op_conv_to_linear", op="conv_to_linear", shape=words(value.shape))
    return reshape(value, value.shape[:2])


def _linear_to_conv(operands: Operands) -> Value:
    value = operands.value
    if len(value.shape) == 1:
        return value
    if len(value.shape) != 2:
        raise OpError("op_linear_to_conv", op="linear_to_conv", shape=words(value.shape))
    return reshape(value, value.shape + (1,) * operands.integer("spatial"))


SHAPING = (
    Op(
        "reshape",
        "Read the same elements in order under another shape; one size may be -1, or the shape is that of the target.",
        _reshape,
        Example('"pos" = reshape("pos_embed", [-1, 384])', {"pos_embed": (1, 197, 384)}, (197, 384)),
        (
            Parameter("shape", "shape", None, positional=True),
            Parameter("like", "text", None, "`target`: take the target's shape", choices=("target",)),
        ),
        inverse="reshape to the source's shape",
    ),
    Op(
        "squeeze",
        "Drop dimensions of size one: those named, or all.",
        _squeeze,
        Example('"alpha" = squeeze("alpha", dim=[0, 2])', {"alpha": (1, 128, 1)}, (128,)),
        (Parameter("dim", "ints", None),),
        inverse="unsqueeze",
    ),
    Op(
        "unsqueeze",
        "Put in a dimension of size one.",
        _unsqueeze,
        Example('"cls_token" = unsqueeze("cls", dim=0)', {"cls": (1, 768)}, (1, 1, 768)),
        (Parameter("dim", "int"),),
        inverse="squeeze",
    ),
    Op(
        "flatten",
        "Join neighbouring dimensions into one.",
        _flatten,
        Example('"w" = flatten("w", start_dim=1)', {"w": (64, 3, 7, 7)}, (64, 147)),
        (Parameter("start_dim", "int", 0), Parameter("end_dim", "int", -1)),
        inverse="reshape",
    ),
    Op(
        "conv_to_linear",
        "Read a 1x1 convolution as a linear layer; a bias passes unchanged.",
        _conv_to_linear,
        Example('"to_q.{p}" = conv_to_linear("q.{p}")', {"q.weight": (512, 512, 1, 1)}, (512, 512)),
        inverse="linear_to_conv",
    ),
    Op(
        "linear_to_conv",
        "Read a linear layer as a 1x1 convolution; a bias passes unchanged.",
        _linear_to_conv,
        Example('"q.{p}" = linear_to_conv("to_q.{p}")', {"to_q.weight": (512, 512)}, (512, 512, 1, 1)),
        (Parameter("spatial", "int", 2, "how many dimensions of size one"),),
        inverse="conv_to_linear",
    ),
)
