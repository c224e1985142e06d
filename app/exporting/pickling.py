"""The pickle of a plain state_dict, written opcode by opcode: tensors by name, nothing that runs.

Source of the format: torch.serialization and torch._utils, as `torch.save(OrderedDict)` writes it; opcodes of pickle protocol 2.
"""

from collections.abc import Iterable

import msgspec

from app.keys import itemsize
from app.keys.dtypes import TORCH

_STORAGES = {
    "F32": "FloatStorage",
    "F64": "DoubleStorage",
    "F16": "HalfStorage",
    "BF16": "BFloat16Storage",
    "U8": "ByteStorage",
    "I8": "CharStorage",
    "I16": "ShortStorage",
    "I32": "IntStorage",
    "I64": "LongStorage",
    "BOOL": "BoolStorage",
    "C64": "ComplexFloatStorage",
    "C128": "ComplexDoubleStorage",
}
"""Types with a storage class; others are untyped bytes, rebuilt with their dtype. Before zip, torch reads no untyped ones: bytes do it."""


class Stored(msgspec.Struct, frozen=True):
    """A tensor of the pickle: its key, and the entry `data/<storage>` that holds its bytes in row-major order."""

    key: str
    shape: tuple[int, ...]
    dtype: str
    storage: int
    nbytes: int


def writable(dtype: str) -> bool:
    """Whether torch has this element type, without a quantizer."""
    return dtype in TORCH and not dtype.startswith("Q")


def state_dict_pickle(tensors: Iterable[Stored], *, legacy: bool = False) -> bytes:
    """Pickle an OrderedDict of tensors; `legacy` names storages as files before zip do."""
    parts = [b"\x80\x02", _global("collections", "OrderedDict"), b")R("]
    for tensor in tensors:
        parts += [_text(tensor.key), _tensor(tensor, legacy=legacy)]
    return b"".join([*parts, b"u."])


def counted(dtype: str, nbytes: int) -> int:
    """Count what a storage is said to hold: elements of its type, or bytes where it is untyped."""
    return nbytes // int(itemsize(dtype) or 1) if dtype in _STORAGES else nbytes


def _tensor(tensor: Stored, *, legacy: bool) -> bytes:
    """Call of `torch._utils._rebuild_tensor_v2`, or `_v3` where the storage is untyped."""
    storage = _STORAGES.get(tensor.dtype)
    step = 1
    strides: list[int] = []
    for size in reversed(tensor.shape):
        strides.insert(0, step)
        step *= max(size, 1)
    count = _integer(counted(tensor.dtype, tensor.nbytes))
    untyped = _global("torch", "ByteStorage") if legacy else _global("torch.storage", "UntypedStorage")
    kind = untyped if storage is None else _global("torch", storage)
    view = b"N" if legacy else b""
    persistent = b"(" + _text("storage") + kind + _text(str(tensor.storage)) + _text("cpu") + count + view + b"tQ"
    arguments = persistent + _integer(0) + _tuple(tensor.shape) + _tuple(strides) + b"\x89" + _global("collections", "OrderedDict") + b")R"
    if storage is None:
        return _global("torch._utils", "_rebuild_tensor_v3") + b"(" + arguments + _global("torch", TORCH[tensor.dtype]) + b"tR"
    return _global("torch._utils", "_rebuild_tensor_v2") + b"(" + arguments + b"tR"


def _global(module: str, name: str) -> bytes:
    return f"c{module}\n{name}\n".encode()


def _text(text: str) -> bytes:
    data = text.encode("utf-8", "surrogatepass")
    return b"X" + len(data).to_bytes(4, "little") + data


def _integer(value: int) -> bytes:
    if value < 1 << 8:
        return b"K" + value.to_bytes(1, "little")
    if value < 1 << 31:
        return b"J" + value.to_bytes(4, "little")
    data = value.to_bytes(value.bit_length() // 8 + 1, "little")
    return b"\x8a" + len(data).to_bytes(1, "little") + data


def _tuple(values: Iterable[int]) -> bytes:
    return b"(" + b"".join(_integer(value) for value in values) + b"t"
