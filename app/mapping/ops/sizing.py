"""Ops that change a size: padding, cropping, other vocabularies, channels and position grids."""

from collections.abc import Mapping
from math import isqrt
from typing import Literal

from app.keys.dtypes import FLOATING
from app.mapping.errors import OpError, PlanError
from app.mapping.ops.arithmetic import repeat, scale, total
from app.mapping.ops.cutting import cut
from app.mapping.ops.op import Example, Op, Operands, Parameter
from app.mapping.ops.rows import reorder
from app.mapping.ops.value import Shape, Value, axis, step, words
from app.mapping.plan import Arg
from app.mapping.policies import check_policy

Mode = Literal["nearest", "linear", "bilinear", "bicubic", "area"]
_MODES = ("nearest", "linear", "bilinear", "bicubic", "area")
FILLS = ("zeros", "ones", "constant", "normal", "truncated_normal", "uniform")


def fill_of(operands: Operands) -> dict[str, Arg]:
    """Return the fill of an op that grows a tensor, as the words of `init`: `{"policy": ..., "args": {...}}`."""
    given = operands.args["fill"]
    spelt: Mapping[str, Arg] = given if isinstance(given, dict) else {"policy": given}
    args = {name: value for name, value in spelt.items() if name != "policy"}
    policy = spelt.get("policy")
    if policy not in FILLS:
        raise OpError("op_fill", op=operands.op, fill=str(policy), known=", ".join(FILLS))
    try:
        check_policy(str(policy), args)
    except PlanError as error:
        raise OpError("op_fill", op=operands.op, fill=str(policy), known=", ".join(FILLS)) from error
    return {"policy": policy, **args}


def pad(value: Value, dim: int, before: int, after: int, fill: dict[str, Arg], *, op: str = "pad") -> Value:
    """Add rows before and behind along a dimension."""
    dim = axis(op, value, dim)
    if before < 0 or after < 0:
        raise OpError("op_times", op=op, times=min(before, after))
    if not before and not after:
        return value
    shape = (*value.shape[:dim], value.shape[dim] + before + after, *value.shape[dim + 1 :])
    return step("pad", [value], shape, {"dim": dim, "before": before, "after": after, "fill": fill})


def _target_size(operands: Operands, dim: int) -> int:
    size = operands.optional("size")
    if size is not None:
        return size
    if operands.target is None or len(operands.target) != len(operands.value.shape):
        raise OpError("op_target_shape", op=operands.op)
    return operands.target[dim]


def _pad(operands: Operands) -> Value:
    value = operands.value
    dim = axis("pad", value, operands.integer("dim"))
    before, after = operands.integer("before"), operands.optional("after")
    if after is None:
        after = _target_size_of(operands, dim) - value.shape[dim] - before
    return pad(value, dim, before, after, fill_of(operands))


def _target_size_of(operands: Operands, dim: int) -> int:
    if operands.target is None or len(operands.target) != len(operands.value.shape):
        raise OpError("op_target_shape", op=operands.op)
    return operands.target[dim]


def _crop(operands: Operands) -> Value:
    dim = axis("crop", operands.value, operands.integer("dim"))
    return cut(operands.value, dim, operands.integer("start"), _target_size(operands, dim), "crop")


def _resize_vocab(operands: Operands) -> Value:
    value = operands.value
    dim = axis("resize_vocab", value, operands.integer("dim"))
    size = _target_size(operands, dim)
    if operands.args["ids"] is not None:
        value = reorder(value, dim, list(operands.integers("ids")), "resize_vocab")
    kept = min(size, value.shape[dim])
    return pad(cut(value, dim, 0, kept, "resize_vocab"), dim, 0, size - kept, fill_of(operands), op="resize_vocab")


def _adapt_channels(operands: Operands) -> Value:
    """As timm `adapt_input_conv`: one channel is the sum; more are repeats, scaled so that the response stays."""
    value = operands.value
    dim = axis("adapt_channels", value, operands.integer("dim"))
    have, want = value.shape[dim], _target_size(operands, dim)
    if want < 1 or have < 1:
        raise OpError("op_times", op="adapt_channels", times=want)
    if want == have:
        return value
    if want == 1:
        return total(value, dim, "sum", keep=True)
    grown = cut(repeat(value, dim, -(-want // have)), dim, 0, want, "adapt_channels")
    return scale(grown, have / want)


class Grid:
    """Positions of a table: leading prefix tokens, then a grid."""

    def __init__(self, tokens: int, prefix: int, given: tuple[int, ...] | None, *, flat: int, shape: Shape) -> None:
        count = tokens - prefix
        if given is None:
            side = isqrt(max(count, 0))
            given = (count,) if flat == 1 else (side, side)
        size = 1
        for part in given:
            size *= part
        if count < 1 or size != count:
            raise OpError("op_grid", op="interpolate", grid=" x ".join(map(str, given)), tokens=tokens, prefix=prefix, shape=words(shape))
        self.sizes = given


def _interpolate(operands: Operands) -> Value:
    value = operands.value
    if value.dtype not in FLOATING:
        raise OpError("op_floating", op="interpolate", dtype=value.dtype)
    mode = operands.text("mode")
    if mode not in _MODES:
        raise OpError("op_argument_kind", op="interpolate", argument="mode", wanted=", ".join(_MODES), found=mode)
    flat = 1 if mode == "linear" else operands.integer("rank")
    antialias = operands.flag("antialias") and mode in {"bilinear", "bicubic"}
    if len(value.shape) == 4:
        return _interpolate_maps(operands, mode, antialias=antialias)
    if len(value.shape) not in {2, 3} or (len(value.shape) == 3 and value.shape[0] != 1):
        raise OpError("op_interpolate", op="interpolate", shape=words(value.shape))
    dim, prefix = len(value.shape) - 2, operands.integer("prefix")
    start = Grid(value.shape[dim], prefix, _optional_grid(operands, "grid"), flat=flat, shape=value.shape).sizes
    wanted = _wanted_tokens(operands, dim, prefix)
    end = Grid(wanted, prefix, _optional_grid(operands, "to_grid"), flat=flat, shape=value.shape).sizes
    shape = (*value.shape[:dim], wanted, value.shape[-1])
    if shape == value.shape and start == end:
        return value
    args: dict[str, Arg] = {"mode": mode, "antialias": antialias, "prefix": prefix, "grid": list(start), "to_grid": list(end)}
    return step("interpolate", [value], shape, args)


def _optional_grid(operands: Operands, name: str) -> tuple[int, ...] | None:
    return None if operands.args[name] is None else operands.integers(name)


def _wanted_tokens(operands: Operands, dim: int, prefix: int) -> int:
    given = _optional_grid(operands, "to_grid")
    if given is not None:
        count = 1
        for part in given:
            count *= part
        return count + prefix
    if operands.target is None or len(operands.target) != len(operands.value.shape):
        raise OpError("op_target_shape", op="interpolate")
    return operands.target[dim]


def _interpolate_maps(operands: Operands, mode: str, *, antialias: bool) -> Value:
    """Tables that are stored as maps: (1 or more, channels, height, width)."""
    value = operands.value
    end = _optional_grid(operands, "to_grid")
    if end is None:
        if operands.target is None or len(operands.target) != 4:
            raise OpError("op_target_shape", op="interpolate")
        end = operands.target[2:]
    if len(end) != 2 or min(end) < 1 or operands.integer("prefix"):
        raise OpError("op_interpolate", op="interpolate", shape=words(value.shape))
    if end == value.shape[2:]:
        return value
    args: dict[str, Arg] = {"mode": mode, "antialias": antialias, "prefix": 0, "grid": list(value.shape[2:]), "to_grid": list(end)}
    return step("interpolate", [value], (*value.shape[:2], *end), args)


_DIM = Parameter("dim", "int", 0)
_SIZE = Parameter("size", "int", None, "the target's where left out")
_FILL = Parameter("fill", "text", "zeros", "what new rows start with, in the words of init")

SIZING = (
    Op(
        "pad",
        "Add rows before and behind along a dimension; as many behind as the target wants where that is left out.",
        _pad,
        Example('"embed.weight" = pad("embed.weight", dim=0, after=64)', {"embed.weight": (50257, 8)}, (50321, 8)),
        (_DIM, Parameter("before", "int", 0), Parameter("after", "int", None), _FILL),
        inverse="slice",
        group="sizes",
    ),
    Op(
        "crop",
        "Keep `size` rows from `start` on; as many as the target wants where the size is left out.",
        _crop,
        Example('"wpe.weight" = crop("wpe.weight", size=512)', {"wpe.weight": (1024, 768)}, (512, 768)),
        (_DIM, Parameter("start", "int", 0), _SIZE),
        group="sizes",
    ),
    Op(
        "resize_vocab",
        "Another vocabulary: take rows by `ids` (or as they stand), then cut or fill to the wanted size.",
        _resize_vocab,
        Example('"embed.weight" = resize_vocab("embed.weight", size=32064)', {"embed.weight": (32000, 16)}, (32064, 16)),
        (Parameter("ids", "ints", None, "old row of each new one"), _SIZE, _DIM, _FILL),
        group="sizes",
    ),
    Op(
        "adapt_channels",
        "Another number of input channels: their sum for one, else repeats, scaled so that the response stays.",
        _adapt_channels,
        Example('"conv1.weight" = adapt_channels("conv1.weight", size=4)', {"conv1.weight": (64, 3, 7, 7)}, (64, 4, 7, 7)),
        (Parameter("dim", "int", 1), _SIZE),
        group="sizes",
    ),
    Op(
        "interpolate",
        "Resize a table of positions: a sequence (mode=linear) or a grid behind `prefix` tokens; square grids need not be named.",
        _interpolate,
        Example('"pos_embed" = interpolate("pos_embed", prefix=1, to_grid=[24, 24])', {"pos_embed": (1, 197, 384)}, (1, 577, 384)),
        (
            Parameter("mode", "text", "bicubic", choices=_MODES),
            Parameter("antialias", "flag", default=True),
            Parameter("prefix", "int", 0, "tokens before the grid that stay as they are"),
            Parameter("grid", "ints", None),
            Parameter("to_grid", "ints", None, "the target's where left out"),
            Parameter("rank", "int", 2),
        ),
        group="sizes",
    ),
)
