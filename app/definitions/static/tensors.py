"""Tensors by shape: what torch's factories and the usual methods give. What is not known for certain has shape or dtype None."""

from collections.abc import Callable
from math import prod
from typing import Any

from app.definitions.static.values import Dtype, Native, Stuck, Tensor, Unknown
from app.keys.dtypes import FLOATING, FROM_TORCH

_SMALL = 4_096
_WORD = {bool: "BOOL", int: "I64", float: "F32"}

DTYPES = {name: Dtype(ours) for name, ours in FROM_TORCH.items()}


def shape_from(args: list[Any]) -> tuple[int, ...] | None:
    """Read sizes given one by one or as a tuple; None where one is not known."""
    parts = args[0] if len(args) == 1 and isinstance(args[0], tuple | list) else args
    if any(type(part) is not int or part < 0 for part in parts):
        return None
    return tuple(parts)


def _dtype(kwargs: dict[str, Any], default: str | None) -> str | None:
    given = kwargs.get("dtype")
    if given is None:
        return default
    return given.name if isinstance(given, Dtype) else None


def _filled(value: int | None) -> Callable[[list[Any], dict[str, Any]], Tensor]:
    def make(args: list[Any], kwargs: dict[str, Any]) -> Tensor:
        shape = shape_from([kwargs["size"]] if "size" in kwargs else args)
        data = [value] * shape[0] if value is not None and shape and len(shape) == 1 and shape[0] <= _SMALL else None
        return Tensor(shape, _dtype(kwargs, "F32"), requires_grad=kwargs.get("requires_grad") is True, data=data)

    return make


def _like(args: list[Any], kwargs: dict[str, Any]) -> Tensor:
    old = args[0] if args and isinstance(args[0], Tensor) else Tensor(None, None)
    return Tensor(old.shape, _dtype(kwargs, old.dtype))


def _full(args: list[Any], kwargs: dict[str, Any]) -> Tensor:
    value = args[1] if len(args) > 1 else kwargs.get("fill_value")
    return Tensor(shape_from([args[0] if args else kwargs.get("size")]), _dtype(kwargs, _WORD.get(type(value))))


def _arange(args: list[Any], kwargs: dict[str, Any]) -> Tensor:
    numbers = [*args, *(kwargs[name] for name in ("start", "end", "step") if name in kwargs)]
    if not all(isinstance(number, int | float) for number in numbers) or not 1 <= len(numbers) <= 3:
        return Tensor(None, _dtype(kwargs, None))
    start, end, step = (0, numbers[0], 1) if len(numbers) == 1 else (*numbers, 1)[:3]
    if step == 0:
        raise Stuck("raises", detail="RuntimeError: step must be nonzero", line=0)
    length = max(0, -int(-(end - start) // step))
    default = "I64" if all(type(number) is int for number in numbers) else "F32"
    data = [start + step * index for index in range(length)] if length <= _SMALL else None
    return Tensor((length,), _dtype(kwargs, default), data=data)


def linspace(args: list[Any], kwargs: dict[str, Any]) -> Tensor:
    """Evenly spaced numbers; their values are kept, for stochastic depth decides by them what is built."""
    names = ("start", "end", "steps")
    values = [args[index] if index < len(args) else kwargs.get(name) for index, name in enumerate(names)]
    start, end, steps = values
    if not isinstance(start, int | float) or not isinstance(end, int | float) or type(steps) is not int or steps < 0:
        return Tensor(None, _dtype(kwargs, "F32"))
    if steps > _SMALL:
        return Tensor((steps,), _dtype(kwargs, "F32"))
    width = (end - start) / (steps - 1) if steps > 1 else 0.0
    return Tensor((steps,), _dtype(kwargs, "F32"), data=[float(start + width * index) for index in range(steps)])


def written(args: list[Any], kwargs: dict[str, Any]) -> Tensor:
    """`torch.tensor(data)`."""
    value = args[0] if args else kwargs.get("data")
    if isinstance(value, Tensor):
        return Tensor(value.shape, _dtype(kwargs, value.dtype), data=value.data)
    shape, kinds = _nested(value)
    dtype = next((name for kind, name in ((float, "F32"), (int, "I64"), (bool, "BOOL")) if kind in kinds), "F32" if not kinds else None)
    if shape is None:
        dtype = None
    data = list(value) if isinstance(value, list | tuple) and shape is not None and len(shape) == 1 else None
    return Tensor(shape, _dtype(kwargs, dtype), requires_grad=kwargs.get("requires_grad") is True, data=data)


def _nested(value: Any) -> tuple[tuple[int, ...] | None, set[type]]:
    if type(value) in _WORD:
        return (), {type(value)}
    if not isinstance(value, list | tuple):
        return None, set()
    inner = [_nested(part) for part in value]
    shapes = {shape for shape, _ in inner}
    kinds = set().union(*(kind for _, kind in inner)) if inner else set()
    if len(shapes) > 1 or None in shapes:
        return None, kinds
    below = shapes.pop() if shapes else ()
    return (len(value), *(below or ())), kinds


def _eye(args: list[Any], kwargs: dict[str, Any]) -> Tensor:
    rows = args[0] if args else kwargs.get("n")
    return Tensor(shape_from([rows, args[1] if len(args) > 1 else rows]), _dtype(kwargs, "F32"))


def _same(args: list[Any], _kwargs: dict[str, Any]) -> Tensor:
    old = args[0] if args and isinstance(args[0], Tensor) else Tensor(None, None)
    return Tensor(old.shape, old.dtype)


def _smooth(args: list[Any], _kwargs: dict[str, Any]) -> Tensor:
    """A function of real numbers: whole ones become F32."""
    old = args[0] if args and isinstance(args[0], Tensor) else Tensor(None, None)
    return Tensor(old.shape, "F32" if old.dtype is not None and old.dtype not in FLOATING and old.dtype[0] in "IUB" else old.dtype)


def _cumulative(args: list[Any], kwargs: dict[str, Any]) -> Tensor:
    old = args[0] if args and isinstance(args[0], Tensor) else Tensor(None, None)
    return Tensor(old.shape, _dtype(kwargs, "I64" if old.dtype is not None and old.dtype not in FLOATING else old.dtype))


def _stacked(args: list[Any], kwargs: dict[str, Any]) -> Tensor:
    parts = args[0] if args else kwargs.get("tensors")
    dim = args[1] if len(args) > 1 else kwargs.get("dim", 0)
    if not isinstance(parts, list | tuple) or not parts or not all(isinstance(part, Tensor) and part.shape is not None for part in parts):
        return Tensor(None, None)
    first = parts[0]
    if any((part.shape, part.dtype) != (first.shape, first.dtype) for part in parts) or type(dim) is not int:
        return Tensor(None, None)
    place = dim % (len(first.shape) + 1)
    return Tensor((*first.shape[:place], len(parts), *first.shape[place:]), first.dtype)


def _grid(args: list[Any], kwargs: dict[str, Any]) -> Any:
    parts = args[0] if len(args) == 1 and isinstance(args[0], list | tuple) else args
    if not all(isinstance(part, Tensor) and part.shape is not None and len(part.shape) == 1 for part in parts):
        return Unknown("meshgrid", module=False)
    shape = [part.shape[0] for part in parts]
    if kwargs.get("indexing", "ij") == "xy" and len(shape) > 1:
        shape[0], shape[1] = shape[1], shape[0]
    return [Tensor(tuple(shape), part.dtype) for part in parts]


def _outer(args: list[Any], _kwargs: dict[str, Any]) -> Tensor:
    if len(args) != 2 or not all(isinstance(arg, Tensor) and arg.shape is not None and len(arg.shape) == 1 for arg in args):
        return Tensor(None, None)
    return Tensor((args[0].shape[0], args[1].shape[0]), binary(Tensor((), args[0].dtype), Tensor((), args[1].dtype)).dtype)


def flattened(shape: tuple[int, ...], args: list[Any], kwargs: dict[str, Any]) -> tuple[int, ...] | None:
    """Shape after `flatten(start_dim, end_dim)`."""
    start = args[0] if args else kwargs.get("start_dim", 0)
    end = args[1] if len(args) > 1 else kwargs.get("end_dim", -1)
    if type(start) is not int or type(end) is not int or not shape:
        return (1,) if not shape else None
    start, end = start % len(shape), end % len(shape)
    return (*shape[:start], prod(shape[start : end + 1]), *shape[end + 1 :])


def _called(name: str) -> Callable[[list[Any], dict[str, Any]], Any]:
    """A function of torch that is a method as well."""

    def run(args: list[Any], kwargs: dict[str, Any]) -> Any:
        return method(args[0], name, args[1:], kwargs) if args and isinstance(args[0], Tensor) else Tensor(None, None)

    return run


def joined(args: list[Any], kwargs: dict[str, Any]) -> Tensor:
    """`torch.cat`."""
    parts = args[0] if args else kwargs.get("tensors")
    dim = args[1] if len(args) > 1 else kwargs.get("dim", 0)
    if not isinstance(parts, list | tuple) or not all(isinstance(part, Tensor) and part.shape for part in parts) or type(dim) is not int:
        return Tensor(None, None)
    shapes = [part.shape for part in parts]
    first = list(shapes[0])
    if not -len(first) <= dim < len(first) or any(len(shape) != len(first) for shape in shapes):
        return Tensor(None, None)
    first[dim] = sum(shape[dim] for shape in shapes)
    return Tensor(tuple(first), parts[0].dtype if len({part.dtype for part in parts}) == 1 else None)


FACTORIES: dict[str, Callable[[list[Any], dict[str, Any]], Any]] = {
    **dict.fromkeys(("empty", "rand", "randn"), _filled(None)),
    "zeros": _filled(0),
    "ones": _filled(1),
    **dict.fromkeys(("zeros_like", "ones_like", "empty_like", "rand_like", "randn_like", "full_like"), _like),
    "full": _full,
    "arange": _arange,
    "linspace": linspace,
    "tensor": written,
    "as_tensor": written,
    "eye": _eye,
    **dict.fromkeys(("tril", "triu", "abs", "clamp", "relu", "clone", "flip", "roll", "logical_not"), _same),
    **dict.fromkeys(("sin", "cos", "exp", "log", "sqrt", "rsqrt", "sigmoid", "tanh"), _smooth),
    **dict.fromkeys(("cumsum", "cumprod"), _cumulative),
    **{name: _called(name) for name in ("flatten", "reshape", "transpose", "permute", "unsqueeze", "sum", "mean", "t")},
    "stack": _stacked,
    "meshgrid": _grid,
    "outer": _outer,
    "cat": joined,
    "concat": joined,
    "concatenate": joined,
}
"""Functions of torch that give tensors whose shape we follow."""

_KEEPING = frozenset(
    [
        "clone",
        "detach",
        "contiguous",
        "cpu",
        "cuda",
        "to_dense",
        "normal_",
        "uniform_",
        "zero_",
        "fill_",
        "copy_",
        "mul_",
        "add_",
        "sub_",
        "div_",
        "clamp_",
        "clamp",
        "masked_fill",
        "masked_fill_",
        "abs",
        "neg",
        "tril",
        "triu",
        "requires_grad_",
        "pin_memory",
        "trunc_normal_",
        "fmod_",
        "erfinv_",
        "float_power_",
    ]
)
_CASTS = {"float": "F32", "half": "F16", "double": "F64", "bfloat16": "BF16", "long": "I64", "int": "I32", "bool": "BOOL"}


def attribute(tensor: Tensor, name: str) -> Any:
    """Attribute or method of a tensor."""
    shape = tensor.shape
    if name == "shape":
        return shape if shape is not None else Unknown("shape", module=False)
    if name == "data":
        return tensor
    if name in {"T", "mT"}:
        return Tensor(None if shape is None else shape[:-2] + shape[:-3:-1], tensor.dtype)
    if name in {"requires_grad", "is_leaf", "is_meta"}:
        return tensor.requires_grad if name == "requires_grad" else Unknown(name, module=False)
    if name == "dtype":
        return Dtype(tensor.dtype) if tensor.dtype else Unknown(name, module=False)
    if name == "ndim":
        return len(shape) if shape is not None else Unknown(name, module=False)
    return Native(name, lambda args, kwargs: method(tensor, name, args, kwargs))


def method(tensor: Tensor, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """Call a method of a tensor."""
    shape, dtype = tensor.shape, tensor.dtype
    if name in _KEEPING:
        return tensor if name.endswith("_") else Tensor(shape, dtype, data=tensor.data if name in {"clone", "detach"} else None)
    if name in {"exp", "log", "sqrt", "rsqrt", "sin", "cos", "sigmoid", "tanh"}:
        return _smooth([tensor], {})
    if name in {"cumsum", "cumprod"}:
        return _cumulative([tensor], kwargs)
    if name in _CASTS:
        return Tensor(shape, _CASTS[name], data=tensor.data)
    if name in {"to", "type"}:
        given = [*args, *kwargs.values()]
        return Tensor(shape, next((value.name for value in given if isinstance(value, Dtype)), dtype), data=tensor.data)
    if name in {"item", "tolist"}:
        if tensor.data is None:
            return Unknown(name, module=False)
        return tensor.data[0] if name == "item" and len(tensor.data) == 1 else list(tensor.data)
    if shape is None:
        return Unknown(name, module=False) if name in {"size", "dim", "numel", "nelement"} else Tensor(None, None)
    match name:
        case "size":
            return shape[args[0]] if args else shape
        case "dim" | "ndimension":
            return len(shape)
        case "numel" | "nelement":
            return prod(shape)
        case "view" | "reshape":
            return Tensor(_reshaped(shape, args), dtype)
        case "unsqueeze":
            return Tensor(_unsqueezed(shape, args[0] if args else kwargs.get("dim")), dtype)
        case "flatten":
            return Tensor(flattened(shape, args, kwargs), dtype)
        case "sum" | "mean" if len(args) + len(kwargs) == 1 and type(dim := [*args, *kwargs.values()][0]) is int and shape:
            place = dim % len(shape)
            whole = dtype is not None and dtype not in FLOATING
            return Tensor(shape[:place] + shape[place + 1 :], ("I64" if name == "sum" else None) if whole else dtype)
        case "t" if len(shape) == 2:
            return Tensor(shape[::-1], dtype)
        case "transpose" | "swapaxes" if len(args) == 2 and all(type(arg) is int for arg in args):
            swapped = list(shape)
            swapped[args[0]], swapped[args[1]] = swapped[args[1]], swapped[args[0]]
            return Tensor(tuple(swapped), dtype)
        case "permute":
            order = shape_from([arg % len(shape) if type(arg) is int else arg for arg in (args[0] if len(args) == 1 else args)]) or ()
            return Tensor(tuple(shape[index] for index in order) if sorted(order) == [*range(len(shape))] else None, dtype)
        case "expand" if not kwargs:
            return Tensor(_expanded(shape, args), dtype)
        case "repeat" if not kwargs:
            times = shape_from(args)
            padded = (1,) * (len(times or ()) - len(shape)) + shape
            return Tensor(None if times is None else tuple(a * b for a, b in zip(padded, times, strict=True)), dtype)
        case _:
            return Tensor(None, None)


def _reshaped(shape: tuple[int, ...], args: list[Any]) -> tuple[int, ...] | None:
    parts = list(args[0] if len(args) == 1 and isinstance(args[0], tuple | list) else args)
    if any(type(part) is not int or part < -1 for part in parts) or parts.count(-1) > 1:
        return None
    if -1 in parts:
        rest = prod(part for part in parts if part != -1)
        if not rest or prod(shape) % rest:
            return None
        parts[parts.index(-1)] = prod(shape) // rest
    return tuple(parts) if prod(parts) == prod(shape) else None


def _unsqueezed(shape: tuple[int, ...], dim: Any) -> tuple[int, ...] | None:
    if type(dim) is not int or not -len(shape) - 1 <= dim <= len(shape):
        return None
    place = dim % (len(shape) + 1)
    return (*shape[:place], 1, *shape[place:])


def _expanded(shape: tuple[int, ...], args: list[Any]) -> tuple[int, ...] | None:
    parts = list(args[0] if len(args) == 1 and isinstance(args[0], tuple | list) else args)
    if any(type(part) is not int for part in parts) or len(parts) < len(shape):
        return None
    padded = (1,) * (len(parts) - len(shape)) + shape
    return tuple(old if part == -1 else part for old, part in zip(padded, parts, strict=True))


def binary(left: Any, right: Any, *, comparing: bool = False, dividing: bool = False) -> Tensor:
    """Result of an operator on tensors and numbers: broadcast shape; dtype where it is certain."""
    shapes = [side.shape if isinstance(side, Tensor) else () for side in (left, right)]
    dtypes = {side.dtype for side in (left, right) if isinstance(side, Tensor)}
    dtype = dtypes.pop() if len(dtypes) == 1 else None
    numbers = [side for side in (left, right) if not isinstance(side, Tensor)]
    if dtype is not None and dtype not in FLOATING and (dividing or any(isinstance(number, float) for number in numbers)):
        dtype = "F32"
    if any(not isinstance(number, bool | int | float) for number in numbers):
        return Tensor(None, None)
    return Tensor(_broadcast(shapes[0], shapes[1]), "BOOL" if comparing else dtype)


def _broadcast(left: tuple[int, ...] | None, right: tuple[int, ...] | None) -> tuple[int, ...] | None:
    if left is None or right is None:
        return None
    length = max(len(left), len(right))
    pairs = zip((1,) * (length - len(left)) + left, (1,) * (length - len(right)) + right, strict=True)
    out = []
    for one, other in pairs:
        if one != other and 1 not in (one, other):
            return None
        out.append(other if one == 1 else one)
    return tuple(out)


def indexed(tensor: Tensor, index: Any) -> Any:
    """`tensor[index]` for whole numbers, slices, None and `...`."""
    if tensor.data is not None and type(index) is int and -len(tensor.data) <= index < len(tensor.data):
        return Tensor((), tensor.dtype, data=[tensor.data[index]])
    if tensor.shape is None:
        return Tensor(None, tensor.dtype)
    parts = list(index) if isinstance(index, tuple) else [index]
    if Ellipsis in parts:
        place = parts.index(Ellipsis)
        missing = len(tensor.shape) - sum(part is not None and part is not Ellipsis for part in parts)
        parts[place : place + 1] = [slice(None)] * max(0, missing)
    out, dims = [], list(tensor.shape)
    for part in parts:
        if part is None:
            out.append(1)
        elif dims and type(part) is int:
            dims.pop(0)
        elif dims and isinstance(part, slice) and all(type(end) is int or end is None for end in (part.start, part.stop, part.step)):
            out.append(len(range(*part.indices(dims.pop(0)))))
        else:
            return Tensor(None, tensor.dtype)
    return Tensor((*out, *dims), tensor.dtype)
