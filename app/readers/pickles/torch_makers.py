"""Stand-ins for what torch pickles. Source of the signatures: pytorch, `torch/_utils.py`, `torch/_tensor.py`, `torch/jit/_pickle.py`."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from app.keys.dtypes import FROM_TORCH
from app.readers.pickles.values import Array, Blob, Call, Global, Mapped, Storage, Tensor

if TYPE_CHECKING:
    from app.readers.pickles.machine import Machine

UNKNOWN = "UNKNOWN"
"""Element type of a storage that this version has no name for."""
_INTEGER = frozenset({int})
STORAGE_DTYPES = {
    "FloatStorage": "F32",
    "DoubleStorage": "F64",
    "HalfStorage": "F16",
    "BFloat16Storage": "BF16",
    "LongStorage": "I64",
    "IntStorage": "I32",
    "ShortStorage": "I16",
    "CharStorage": "I8",
    "ByteStorage": "U8",
    "BoolStorage": "BOOL",
    "ComplexFloatStorage": "C64",
    "ComplexDoubleStorage": "C128",
    "QInt8Storage": "QINT8",
    "QUInt8Storage": "QUINT8",
    "QInt32Storage": "QINT32",
    "Float8_e4m3fnStorage": "F8_E4M3",
    "Float8_e5m2Storage": "F8_E5M2",
    "Float8_e4m3fnuzStorage": "F8_E4M3FNUZ",
    "Float8_e5m2fnuzStorage": "F8_E5M2FNUZ",
    "QUInt4x2Storage": "QUINT4X2",
    "QUInt2x4Storage": "QUINT2X4",
    "UntypedStorage": "",
    "TypedStorage": "",
}


def dtype_of(value: Any) -> str:
    """Our name of a `torch.float32` that stands in a pickle."""
    name = value.name if type(value) is Global and value.module == "torch" else ""
    return FROM_TORCH.get(name, name.upper() or "UNKNOWN")


def sizes(machine: "Machine", value: Any) -> tuple[int, ...]:
    """Return a shape or stride: whole numbers, not yet checked for sense; a number that is none becomes one without sense."""
    if type(value) is list:
        value = tuple(value)
    if type(value) is not tuple:
        raise machine.malformed("tensor")
    return value if len(value) <= 64 and _INTEGER.issuperset(map(type, value)) else (-1,)


def _from_storage(machine: "Machine", args: tuple[Any, ...], dtype: str | None = None) -> Tensor:
    if len(args) < 4 or type(args[0]) is not Storage or type(args[1]) is not int:
        raise machine.malformed("tensor")
    storage = args[0]
    return Tensor(dtype or storage.dtype or "U8", sizes(machine, args[2]), sizes(machine, args[3]), args[1], storage)


def _rebuild_tensor(machine: "Machine", args: tuple[Any, ...]) -> Tensor:
    return _from_storage(machine, args)


def _rebuild_tensor_v2(machine: "Machine", args: tuple[Any, ...]) -> Tensor:
    tensor = _from_storage(machine, args)
    if len(args) > 4:
        tensor.requires_grad = args[4] is True
    if len(args) > 6:
        tensor.note = _bits(args[6])
    return tensor


def _rebuild_tensor_v3(machine: "Machine", args: tuple[Any, ...]) -> Tensor:
    if len(args) < 7:
        raise machine.malformed("tensor")
    tensor = _from_storage(machine, args, dtype_of(args[6]))
    tensor.requires_grad = args[4] is True
    if len(args) > 7:
        tensor.note = _bits(args[7])
    return tensor


def _bits(metadata: Any) -> str:
    if type(metadata) is not Mapped:
        return ""
    return ", ".join(key for key, on in zip(metadata[::2], metadata[1::2], strict=False) if on is True and key in ("conj", "neg"))


def _rebuild_parameter(machine: "Machine", args: tuple[Any, ...]) -> Any:
    if not args:
        raise machine.malformed("tensor")
    tensor = args[0]
    if type(tensor) is Tensor:
        tensor.parameter = True
        tensor.requires_grad = len(args) > 1 and args[1] is True
    return tensor


def _rebuild_sparse(machine: "Machine", args: tuple[Any, ...]) -> Tensor:
    if len(args) < 2 or type(args[1]) is not tuple:
        raise machine.malformed("tensor")
    layout, data = str(args[0]) if type(args[0]) is str else "sparse", args[1]
    parts = [part for part in data if type(part) is Tensor]
    shape = next((part for part in reversed(data) if type(part) in {tuple, list}), None)
    values = parts[-1] if parts else None
    return Tensor(
        values.dtype if values is not None else "UNKNOWN",
        sizes(machine, shape) if shape is not None else None,
        layout=layout.removeprefix("torch."),
    )


def _layout(_machine: "Machine", args: tuple[Any, ...]) -> Any:
    return args[0] if args and type(args[0]) is str else "sparse"


def _rebuild_qtensor(machine: "Machine", args: tuple[Any, ...]) -> Tensor:
    tensor = _from_storage(machine, args)
    tensor.layout = "quantized"
    if len(args) > 4 and type(args[4]) is tuple and args[4] and type(args[4][0]) is Global:
        tensor.note = args[4][0].name
    return tensor


def _rebuild_meta(machine: "Machine", args: tuple[Any, ...]) -> Tensor:
    if len(args) < 3:
        raise machine.malformed("tensor")
    return Tensor(dtype_of(args[0]), sizes(machine, args[1]), sizes(machine, args[2]), note="meta")


def _rebuild_nested(machine: "Machine", args: tuple[Any, ...]) -> Tensor:
    if not args or type(args[0]) is not Tensor:
        raise machine.malformed("tensor")
    return Tensor(args[0].dtype, None, layout="nested")


def _rebuild_jagged(_machine: "Machine", args: tuple[Any, ...]) -> Tensor:
    first = args[0] if args else None
    if type(first) is Mapped:
        first = next((value for value in first[1::2] if type(value) is Tensor), None)
    return Tensor(first.dtype if type(first) is Tensor else "UNKNOWN", None, layout="jagged")


def _rebuild_wrapper(machine: "Machine", args: tuple[Any, ...]) -> Tensor:
    if len(args) < 4:
        raise machine.malformed("tensor")
    cls = args[0].full if type(args[0]) is Global else "a subclass"
    return Tensor(dtype_of(args[1]), sizes(machine, args[2]), note=f"wraps {cls}")


def _rebuild_from_type(machine: "Machine", args: tuple[Any, ...]) -> Any:
    """Stand for `_rebuild_from_type_v2(func, type, args, state)`: `func` is matched by name, never called."""
    if len(args) < 3 or type(args[0]) is not Global or type(args[2]) is not tuple or args[0].maker is _rebuild_from_type:
        raise machine.malformed("tensor")
    made = args[0].maker(machine, args[2]) if args[0].maker is not None else Call(args[0], args[2])
    if type(made) is Tensor:
        if type(args[1]) is Global and not made.note and args[1].full not in _OWN_TYPES:
            made.note = args[1].full
        if len(args) > 3:
            restate(made, args[3])
    return made


_OWN_TYPES = frozenset({"torch.Tensor", "torch._tensor.Tensor", "torch.nn.parameter.Parameter", "torch.nn.parameter.Buffer"})


def restate(tensor: Tensor, state: Any) -> None:
    """BUILD on a tensor: a wrapper (DTensor and its like) keeps the tensor that holds its bytes in its state."""
    if tensor.storage is not None or tensor.shape is None:
        return
    parts = state if type(state) is tuple else (state,)
    inner = [value for part in parts if type(part) is Mapped for value in part[1::2] if type(value) is Tensor]
    if len(inner) == 1 and inner[0].shape == tensor.shape and inner[0].dtype == tensor.dtype:
        tensor.storage, tensor.stride, tensor.offset = inner[0].storage, inner[0].stride, inner[0].offset
    elif inner:
        tensor.note = f"{tensor.note}; local shape {list(inner[0].shape or ())}"


def _rebuild_from_array(machine: "Machine", args: tuple[Any, ...]) -> Tensor:
    if len(args) < 2 or type(args[0]) not in {Array, Tensor}:
        raise machine.malformed("tensor")
    return Tensor(dtype_of(args[1]), args[0].shape, note="converted when loaded")


def _uninitialised(_machine: "Machine", args: tuple[Any, ...]) -> Tensor:
    tensor = Tensor("F32", None, note="uninitialised")
    tensor.requires_grad = bool(args) and args[0] is True
    tensor.parameter = True
    return tensor


def _size(machine: "Machine", args: tuple[Any, ...]) -> tuple[Any, ...]:
    if args and type(args[0]) in {tuple, list}:
        machine.charge(len(args[0]))
        return tuple(args[0])
    raise machine.malformed("arguments")


def _first(machine: "Machine", args: tuple[Any, ...]) -> Any:
    if not args:
        raise machine.malformed("arguments")
    return args[0]


def _storage_from_bytes(machine: "Machine", args: tuple[Any, ...]) -> Any:
    """Stand for `torch.storage._load_from_bytes`: a whole legacy file inside a pickle, walked against the same budget."""
    if not args or type(args[0]) not in {Blob, bytes} or machine.nested is None:
        raise machine.malformed("storage")
    return machine.nested(machine, args[0])


def _parameter_or_tensor(_machine: "Machine", args: tuple[Any, ...]) -> Any:
    return args[0] if args and type(args[0]) is Tensor else Tensor("F32", None)


_UTILS: dict[str, Callable[["Machine", tuple[Any, ...]], Any]] = {
    "_rebuild_tensor": _rebuild_tensor,
    "_rebuild_tensor_v2": _rebuild_tensor_v2,
    "_rebuild_tensor_v3": _rebuild_tensor_v3,
    "_rebuild_parameter": _rebuild_parameter,
    "_rebuild_parameter_v2": _rebuild_parameter,
    "_rebuild_parameter_with_state": _rebuild_parameter,
    "_rebuild_sparse_tensor": _rebuild_sparse,
    "_rebuild_sparse_csr_tensor": _rebuild_sparse,
    "_rebuild_qtensor": _rebuild_qtensor,
    "_rebuild_meta_tensor_no_storage": _rebuild_meta,
    "_rebuild_nested_tensor": _rebuild_nested,
    "_rebuild_wrapper_subclass": _rebuild_wrapper,
    "_rebuild_device_tensor_from_numpy": _rebuild_from_array,
    "_rebuild_device_tensor_from_cpu_tensor": _rebuild_from_array,
    "_rebuild_xla_tensor": _rebuild_from_array,
    "_rebuild_mlc_tensor": _rebuild_from_array,
    "_rebuild_ort_tensor": _rebuild_from_array,
}

MAKERS: dict[str, Callable[["Machine", tuple[Any, ...]], Any]] = {
    **{f"torch._utils.{name}": maker for name, maker in _UTILS.items()},
    **{f"torch.tensor.{name}": maker for name, maker in _UTILS.items()},
    "torch._tensor._rebuild_from_type_v2": _rebuild_from_type,
    "torch._tensor._rebuild_from_type": _rebuild_from_type,
    "torch.nested._internal.nested_tensor._rebuild_njt": _rebuild_jagged,
    "torch.nn.parameter.UninitializedParameter": _uninitialised,
    "torch.nn.parameter.UninitializedBuffer": _uninitialised,
    "torch.nn.parameter.Parameter": _parameter_or_tensor,
    "torch.serialization._get_layout": _layout,
    "torch.storage._load_from_bytes": _storage_from_bytes,
    "torch.storage.TypedStorage": _first,
    "torch.Size": _size,
    "torch.jit._pickle.build_intlist": _first,
    "torch.jit._pickle.build_doublelist": _first,
    "torch.jit._pickle.build_boollist": _first,
    "torch.jit._pickle.build_tensorlist": _first,
    "torch.jit._pickle.restore_type_tag": _first,
}
