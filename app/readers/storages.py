"""From what a pickle says of tensors to what is true of them: each is checked against the record that holds its bytes."""

from collections.abc import Callable, Mapping
from math import prod
from typing import NamedTuple

from app.keys import Location, TensorInfo, itemsize
from app.readers.pickles import Array, Blob, Storage, Tensor
from app.readers.pickles.torch_makers import UNKNOWN
from app.sources import absolute

MOST = (1 << 63) - 1
Place = tuple[int | None, int]
"""Where a storage's bytes start in the file (None: not readable directly), and how many there are."""


class Checked(NamedTuple):
    """A tensor, and the codes of what is wrong with it."""

    info: TensorInfo
    flags: tuple[str, ...] = ()


class Storages:
    """Places of the storages of one file.

    find -- key of a storage -> its place, None where the file lacks it
    file -- index of the file in the tree
    """

    def __init__(self, find: Callable[[str], Place | None], *, file: int = 0, big_endian: bool = False) -> None:
        self._find = find
        self._file = file
        self._big = big_endian
        self._known: dict[str, Place | None] = {}

    def tensor(self, tensor: Tensor) -> Checked:
        """Check a tensor of torch."""
        shape, stride, flags = _sane(tensor)
        kind = "parameter" if tensor.parameter else None
        where = None
        note = tensor.note
        if tensor.storage is not None:
            where, missing = self._located(tensor, shape, stride)
            flags += missing
            if self._big:
                note = f"{note}, big-endian" if note else "big-endian"
        if tensor.dtype == UNKNOWN:
            flags += ("dtype",)
        if stride is not None and shape is not None and same_strides(shape, stride):
            stride = None
        info = TensorInfo(
            shape, tensor.dtype, where=where, stride=stride, layout=tensor.layout, requires_grad=tensor.requires_grad, kind=kind, note=note
        )
        return Checked(info, flags)

    def _located(
        self, tensor: Tensor, shape: tuple[int, ...] | None, stride: tuple[int, ...] | None
    ) -> tuple[Location | None, tuple[str, ...]]:
        storage = tensor.storage
        if storage is None:
            return None, ()
        place = self._place(storage)
        if place is None:
            return None, ("missing_storage",)
        size = itemsize(tensor.dtype) or itemsize(storage.dtype) or 1
        start, held = place
        if shape is None or stride is None:
            return None, ("bounds",)
        first = (tensor.offset + storage.first) * size
        needed = 0 if 0 in shape else (sum((n - 1) * step for n, step in zip(shape, stride, strict=True)) + 1) * size
        if storage.nbytes < 0 or tensor.offset < 0 or first < 0 or first + needed > held or storage.nbytes > held + first:
            return None, ("bounds",)
        if start is None or self._big:
            return None, ()
        return Location(self._file, start + int(first), int(held - first), storage.key), ()

    def _place(self, storage: Storage) -> Place | None:
        if storage.blob is not None:
            return absolute(storage.blob.source, storage.blob.offset), storage.blob.length
        if storage.key not in self._known:
            self._known[storage.key] = self._find(storage.key)
        return self._known[storage.key]


def array_info(array: Array, *, file: int) -> Checked:
    """Check a numpy array that lies in a pickle."""
    shape = array.shape
    if shape is None or not _fits(shape):
        return Checked(TensorInfo(None, array.dtype or "UNKNOWN"), ("shape",))
    size = itemsize(array.dtype)
    note = "big-endian" if array.big else ""
    where = None
    data = array.data
    if size is not None and isinstance(data, Blob | bytes):
        length = data.length if isinstance(data, Blob) else len(data)
        if prod(shape) * size > length and not (isinstance(data, Blob) and data.text):
            return Checked(TensorInfo(shape, array.dtype), ("bounds",))
        if isinstance(data, Blob) and not array.big and not data.text:
            start = absolute(data.source, data.offset)
            where = None if start is None else Location(file, start, length, f"@{start}")
    stride = fortran(shape) if array.fortran and fortran(shape) != contiguous(shape) else None
    return Checked(TensorInfo(shape, array.dtype, where=where, stride=stride, note=note))


def _fits(shape: tuple[int, ...]) -> bool:
    return all(0 <= size <= MOST for size in shape) and (0 in shape or prod(shape) <= MOST)


def _sane(tensor: Tensor) -> tuple[tuple[int, ...] | None, tuple[int, ...] | None, tuple[str, ...]]:
    """Shape and stride, None where they make no sense; and the flags."""
    shape, stride = tensor.shape, tensor.stride
    if shape is None:
        return None, None, ()
    if shape and (min(shape) < 0 or max(shape) > MOST):
        return None, None, ("shape",)
    if not _fits(shape):
        return None, None, ("shape",) if tensor.storage is not None else ("shape", "bounds")
    if stride is not None and (len(stride) != len(shape) or (stride and (min(stride) < 0 or max(stride) > MOST))):
        return shape, None, ("shape",)
    return shape, stride, ()


def contiguous(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Strides of a dense tensor, in elements."""
    out: list[int] = []
    step = 1
    for size in reversed(shape):
        out.append(step)
        step *= max(size, 1)
    return tuple(reversed(out))


def fortran(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Strides of a dense tensor whose first dimension runs fastest."""
    return tuple(reversed(contiguous(tuple(reversed(shape)))))


def same_strides(shape: tuple[int, ...], stride: tuple[int, ...]) -> bool:
    """Whether strides mean contiguous: those of dimensions of one element do not matter."""
    step = 1
    for size, given in zip(reversed(shape), reversed(stride), strict=True):
        if size != 1 and given != step:
            return False
        step *= max(size, 1)
    return True


def aliases(tensors: Mapping[str, TensorInfo]) -> dict[str, str]:
    """Key -> first key of the tree with the same storage and view, in one pass."""
    first: dict[object, str] = {}
    found: dict[str, str] = {}
    for key, info in tensors.items():
        if info.where is None or not info.nbytes:
            continue
        owner = first.setdefault((info.where.file, info.where.storage, info.where.offset, info.shape, info.stride, info.dtype), key)
        if owner != key:
            found[key] = owner
    return found
