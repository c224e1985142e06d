"""From what a pickle says of tensors to what is true of them: each is checked against the record that holds its bytes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import repeat
from math import prod
from typing import NamedTuple

from app.keys import Location, TensorInfo, itemsize
from app.readers.pickles import Array, Blob, Storage, Tensor
from app.readers.pickles.torch_makers import UNKNOWN
from app.sources import absolute

MOST = (1 << 63) - 1
Place = tuple[int | None, int]
"""Where a storage's bytes start in the file (None: not readable directly), and how many there are."""


_NOWHERE: Place = (None, 0)
Checked = tuple[TensorInfo, tuple[str, ...]]
"""A tensor, and the codes of what is wrong with it."""


class _Form(NamedTuple):
    """What is true of all tensors of one shape, stride and dtype.

    shape, stride -- None where they make no sense; the stride also where it is that of a dense tensor
    needed        -- elements from the first to the last in memory; None where nobody can know
    size          -- bytes of an element, None where the dtype is not one we know
    whole         -- bytes of an element, 0 where they are not a whole number or one of the above is None
    span          -- bytes from the first element to the last; 0 likewise
    """

    shape: tuple[int, ...] | None
    stride: tuple[int, ...] | None
    needed: int | None
    size: float | None
    flags: tuple[str, ...]
    whole: int = 0
    span: int = 0


class Storages:
    """Places of the storages of one file.

    find  -- key of a storage -> its place, None where the file lacks it
    known -- places that need not be asked for
    """

    def __init__(self, find: Callable[[str], Place | None], known: Mapping[str, Place] | None = None, *, big_endian: bool = False) -> None:
        self._find = find
        self._big = big_endian
        self._known: dict[str, Place | None] = dict(known or {})
        self._forms: dict[tuple[str, tuple[int, ...] | None, tuple[int, ...] | None], _Form] = {}

    def checked(self, listed: Sequence[Tensor | Array]) -> tuple[list[TensorInfo], list[tuple[int, str]]]:
        """Check tensors of torch and arrays; return them in order, and the codes of what is wrong, each with the number of its tensor.

        Most are plain: of a storage outside of the pickle, whose bytes lie in the file as they are. Those are looked at here, which is
        `_tensor` in fewer words; whatever is not as it should be is left to that.
        """
        known = {} if self._big else self._known
        out: list[TensorInfo] = []
        flags: list[tuple[int, str]] = []
        dtype, sizes, steps, form = "", None, None, None
        for tensor in listed:
            if type(tensor) is Tensor and (storage := tensor.storage) is not None and storage.blob is None and not storage.first:
                key = storage.key
                place = known.get(key)
                if tensor.shape is not sizes or tensor.stride is not steps or tensor.dtype != dtype or form is None:
                    dtype, sizes, steps = tensor.dtype, tensor.shape, tensor.stride
                    form = self._form(tensor)
                    shape, stride, _needed, _size, _flags, whole, span = form
                if place is not None and whole:
                    start, held = place
                    offset = tensor.offset
                    first = offset * whole
                    if start is not None and offset >= 0 <= storage.nbytes <= held + first and first + span <= held:
                        where = Location(0, start + first, held - first, key)
                        role, grad = "parameter" if tensor.parameter else None, tensor.requires_grad
                        out.append(TensorInfo(shape, dtype, (), where, stride, None, role, tensor.layout, grad, tensor.note))
                        continue
            info, codes = array_info(tensor) if isinstance(tensor, Array) else self._tensor(tensor)
            flags += [(len(out), code) for code in codes]
            out.append(info)
        return out, flags

    def _form(self, tensor: Tensor) -> _Form:
        kind = (tensor.dtype, tensor.shape, tensor.stride)
        form = self._forms.get(kind)
        if form is None:
            form = self._forms[kind] = _form(tensor)
        return form

    def _tensor(self, tensor: Tensor) -> Checked:
        form = self._form(tensor)
        flags, note, where, storage = form.flags, tensor.note, None, tensor.storage
        if storage is not None:
            place = self._place(storage) if storage.blob is not None or storage.key not in self._known else self._known[storage.key]
            if place is None:
                flags += ("missing_storage",)
            elif self._holds(place, tensor, storage, form):
                where = self._location(place, tensor, storage, form)
            else:
                flags += ("bounds",)
            if self._big:
                note = f"{note}, big-endian" if note else "big-endian"
        role = "parameter" if tensor.parameter else None
        return TensorInfo(form.shape, tensor.dtype, (), where, form.stride, None, role, tensor.layout, tensor.requires_grad, note), flags

    @staticmethod
    def _holds(place: Place, tensor: Tensor, storage: Storage, form: _Form) -> bool:
        """Whether the tensor lies within its storage, and the storage within its record."""
        if form.needed is None or tensor.offset < 0 or storage.nbytes < 0 or storage.first < 0:
            return False
        size = form.size or itemsize(storage.dtype) or 1
        first = (tensor.offset + storage.first) * size
        fits = not form.needed or first + form.needed * size <= place[1]  # one without elements lies nowhere
        return fits and storage.nbytes <= place[1] + first

    def _location(self, place: Place, tensor: Tensor, storage: Storage, form: _Form) -> Location | None:
        start, held = place
        if start is None or self._big:
            return None
        size = form.size or itemsize(storage.dtype)
        if size is None and tensor.offset + storage.first:
            return None  # elements of a size that nobody here knows
        first = int((tensor.offset + storage.first) * (size or 1))
        return None if first > held else Location(0, start + first, held - first, storage.key)

    def _place(self, storage: Storage) -> Place | None:
        if storage.blob is not None:
            return absolute(storage.blob.source, storage.blob.offset), storage.blob.length
        if storage.key not in self._known:
            self._known[storage.key] = self._find(storage.key)
        return self._known[storage.key]


def _form(tensor: Tensor) -> _Form:
    shape, stride, flags = _sane(tensor)
    if tensor.dtype == UNKNOWN:
        flags += ("dtype",)
    needed = None
    if shape is not None and stride is not None:
        needed = 0 if 0 in shape else sum((n - 1) * step for n, step in zip(shape, stride, strict=True)) + 1
        if same_strides(shape, stride):
            stride = None
    size = itemsize(tensor.dtype)
    whole = int(size) if size is not None and needed is not None and size == int(size) else 0
    return _Form(shape, stride, needed, size, flags, whole, whole * (needed or 0))


def array_info(array: Array) -> Checked:
    """Check a numpy array that lies in a pickle."""
    shape = array.shape
    if shape is None or not _fits(shape):
        return TensorInfo(None, array.dtype or "UNKNOWN"), ("shape",)
    size = itemsize(array.dtype)
    note = ", ".join(word for word, true in (("masked", array.masked), ("big-endian", array.big)) if true)
    where = None
    data = array.data
    if size is not None and isinstance(data, Blob | bytes):
        length = data.length if isinstance(data, Blob) else len(data)
        if prod(shape) * size > length and not (isinstance(data, Blob) and data.text):
            return TensorInfo(shape, array.dtype), ("bounds",)
        if isinstance(data, Blob) and not array.big and not data.text:
            start = absolute(data.source, data.offset)
            where = None if start is None else Location(0, start, length, f"@{start}")
    stride = None
    if array.fortran:
        stride = fortran(shape)
    elif array.axes is not None:
        whole = contiguous(shape)
        shape, stride = tuple(shape[axis] for axis in array.axes), tuple(whole[axis] for axis in array.axes)
    if stride is not None and same_strides(shape, stride):
        stride = None
    return TensorInfo(shape, array.dtype, where=where, stride=stride, note=note), ("masked",) if array.masked else ()


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
    """Whether strides mean contiguous: those of dimensions of one element do not matter, and none do where there is no element."""
    if 0 in shape:
        return True
    step = 1
    for size, given in zip(reversed(shape), reversed(stride), strict=True):
        if size != 1 and given != step:
            return False
        step *= max(size, 1)
    return True


def memory_of(tensor: Tensor | Array) -> object:
    """What tensors have in common that are one in memory, where their bytes lie nowhere as they are: packed, swapped or written as text."""
    if isinstance(tensor, Array):
        return id(tensor)
    return None if tensor.storage is None else (tensor.storage.key, tensor.offset)


def aliases(tensors: Mapping[str, TensorInfo], memory: Callable[[], Iterable[object]] | None = None) -> dict[str, str]:
    """Key -> first key of the tree with the same storage and view, in one pass.

    memory -- of each tensor, in order: what tells that two are one where their bytes cannot be read as they lie; None where nothing does
    """
    places = [info.where for info in tensors.values() if info.where is not None]
    whole = memory is None or len(places) == len(tensors)
    if whole and len({where.storage for where in places}) == len(places):
        return {}
    others = repeat(None) if whole or memory is None else memory()
    first: dict[object, str] = {}
    found: dict[str, str] = {}
    for (key, info), other in zip(tensors.items(), others, strict=False):
        where = info.where
        place = other if where is None else (where.file, where.storage, where.offset)
        if place is None or not info.numel:
            continue
        owner = first.setdefault((place, info.shape, info.stride, info.dtype), key)
        if owner != key:
            found[key] = owner
    return found
