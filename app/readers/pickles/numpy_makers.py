"""Stand-ins for what numpy pickles: arrays, element types, scalars.

Source: numpy, `numpy/_core/src/multiarray/methods.c` (`array_setstate`) and `descriptor.c` (`arraydescr_setstate`).
"""

import re
from collections.abc import Callable
from struct import calcsize, unpack
from typing import TYPE_CHECKING, Any

from app.readers.pickles.values import Array, Blob, Global

if TYPE_CHECKING:
    from app.readers.pickles.machine import Machine

_KINDS = {
    "b1": "BOOL",
    "i1": "I8",
    "i2": "I16",
    "i4": "I32",
    "i8": "I64",
    "u1": "U8",
    "u2": "U16",
    "u4": "U32",
    "u8": "U64",
    "f2": "F16",
    "f4": "F32",
    "f8": "F64",
    "f16": "F128",
    "c8": "C64",
    "c16": "C128",
    "c32": "C256",
}
_LETTERS = {"O": "OBJECT", "U": "STRING", "S": "STRING", "V": "RECORD", "m": "TIMEDELTA", "M": "DATETIME", "a": "STRING"}
_LETTERED = re.compile(r"(?:[OUSVa]\d*|[mM](?:8(?:\[\w{1,20}\])?)?)\Z", re.ASCII)
"""A letter with a size, or a date with its unit: `U5`, `M8[ns]`."""
_MASKED = 7
"""Values in the state of a masked array: numpy, `numpy/ma/core.py`, `MaskedArray.__getstate__`."""
_MOST_AXES = 64
_LONGEST_SCALAR = 4_096
_FORMS = {"BOOL": "?", "I8": "b", "I16": "h", "I32": "i", "I64": "q", "U8": "B", "U16": "H", "U32": "I", "U64": "Q"}
_FORMS |= {"F16": "e", "F32": "f", "F64": "d"}
"""Scalars whose value is shown, as `struct` writes them."""
_ML_DTYPES = {
    "bfloat16": "BF16",
    "float8_e4m3fn": "F8_E4M3",
    "float8_e5m2": "F8_E5M2",
    "float8_e4m3fnuz": "F8_E4M3FNUZ",
    "float8_e5m2fnuz": "F8_E5M2FNUZ",
    "float8_e8m0fnu": "F8_E8M0",
    "int4": "INT4",
    "uint4": "UINT4",
}
"""Element types that JAX and TensorFlow add to numpy. Source: the package ml_dtypes."""


class Dtype:
    """An element type: our name for it, and whether its bytes stand big end first; `wide` for text of four bytes a character."""

    __slots__ = ("big", "name", "wide")

    def __init__(self, name: str, *, big: bool = False, wide: bool = False) -> None:
        self.name = name
        self.big = big
        self.wide = wide


def dtype_name(form: str) -> tuple[str, bool]:
    """Our name of numpy's `<f4`, and whether it is big-endian; "" where it is no element type."""
    order = form[:1] if form[:1] in {"<", ">", "|", "="} else ""
    body = form[len(order) :]
    if body in _KINDS:
        return _KINDS[body], order == ">"
    if body == "?":
        return "BOOL", False
    if form == "<V2":
        return "BF16", False  # as numpy names what JAX and TensorFlow add to it; what is really of no type has no byte order
    if _LETTERED.match(body):
        return _LETTERS[body[:1]], order == ">"
    return _ML_DTYPES.get(body, {"float16": "F16", "f1": "F8_E5M2"}.get(body, "")), False


def _dtype(machine: "Machine", args: tuple[Any, ...]) -> Dtype:
    if not args:
        raise machine.malformed("dtype")
    form = args[0]
    if type(form) is Global and form.module == "ml_dtypes":
        return Dtype(_ML_DTYPES.get(form.name, "UNKNOWN"))
    name, big = dtype_name(form.decode("latin1") if type(form) is bytes else form) if type(form) in {str, bytes} else ("", False)
    return Dtype(name or "UNKNOWN", big=big, wide=type(form) is not Global and form[:1] in {"U", b"U"})


def refine(dtype: Dtype, state: Any) -> None:
    """BUILD on an element type: (version, order, subtype, names, ...)."""
    if type(state) is tuple and len(state) > 3:
        dtype.big = state[1] in {">", b">"}
        if state[3]:
            dtype.name = "RECORD"


def fill(machine: "Machine", array: Array, state: Any) -> None:
    """BUILD on an array: (version, shape, element type, is_fortran, data); a masked one has its mask and a fill value behind."""
    if array.masked and type(state) is tuple and len(state) == _MASKED:
        state = state[:-2]
    if type(state) is not tuple or len(state) not in {4, 5}:
        raise machine.malformed("array")
    shape, dtype, fortran, data = state[-4:]
    if type(shape) is not tuple or len(shape) > _MOST_AXES or type(dtype) is not Dtype or not all(type(size) is int for size in shape):
        raise machine.malformed("array")
    array.shape, array.dtype, array.fortran, array.data = shape, dtype.name, bool(fortran), data
    array.big = dtype.big


def _reconstruct(_machine: "Machine", _args: tuple[Any, ...]) -> Array:
    return Array()


def _masked(_machine: "Machine", _args: tuple[Any, ...]) -> Array:
    array = Array()
    array.masked = True
    return array


def _frombuffer(machine: "Machine", args: tuple[Any, ...]) -> Array:
    if len(args) < 4:
        raise machine.malformed("array")
    data, dtype, shape, order = args[:4]
    array = Array()
    fill(machine, array, (shape, dtype, order == "F", data))
    axes = args[4] if order == "K" and len(args) > 4 else None
    if axes is not None:
        if type(axes) is not tuple or len(axes) > _MOST_AXES or sorted(axes) != list(range(len(shape))):
            raise machine.malformed("array")
        array.axes = axes
    return array


def _rebuilt(machine: "Machine", args: tuple[Any, ...]) -> Any:
    """Stand for makers that get what numpy's own would: (function, its arguments, the state, ...). Source: jax, `_src/array.py`; dill, `_dill.py`."""
    if len(args) < 3 or type(args[0]) is not Global or args[0].maker not in {_reconstruct, _masked}:
        raise machine.malformed("array")
    array = _masked(machine, ()) if args[0].maker is _masked else _reconstruct(machine, ())
    fill(machine, array, args[2])
    return array


def _scalar(_machine: "Machine", args: tuple[Any, ...]) -> Any:
    """Return the value of a scalar as a plain one: it may be a key; its type in words where there is none."""
    if len(args) != 2 or type(args[0]) is not Dtype:
        return "numpy scalar"
    dtype, data = args
    if type(data) is Blob and not data.text and data.length <= _LONGEST_SCALAR:
        data = data.read()
    made = _valued(dtype, data) if type(data) is bytes else None
    return f"numpy {dtype.name}" if made is None else made


def _valued(dtype: Dtype, data: bytes) -> Any:
    order = ">" if dtype.big else "<"
    if dtype.name == "STRING":
        coding = "utf-32-be" if dtype.big else "utf-32-le"
        return data.decode(coding, "replace").rstrip("\0") if dtype.wide else data.rstrip(b"\0")
    form = _FORMS.get(dtype.name)
    if form is None or calcsize(form) != len(data):
        return None
    return unpack(order + form, data)[0]


def _spread(module: str, makers: dict[str, Callable[..., Any]]) -> dict[str, Callable[..., Any]]:
    return {f"{package}.{module}.{name}": maker for package in ("numpy.core", "numpy._core") for name, maker in makers.items()}


MAKERS: dict[str, Callable[["Machine", tuple[Any, ...]], Any]] = {
    "numpy.dtype": _dtype,
    "numpy.ma.core._mareconstruct": _masked,
    "jax._src.array._reconstruct_array": _rebuilt,
    "jax._src.device_array.reconstruct_device_array": _rebuilt,
    "dill._dill._create_array": _rebuilt,
    "dill.dill._create_array": _rebuilt,
    **_spread("multiarray", {"_reconstruct": _reconstruct, "scalar": _scalar}),
    **_spread("numeric", {"_frombuffer": _frombuffer}),
}
