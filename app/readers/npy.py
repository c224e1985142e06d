"""NumPy's `.npy` headers and `.npz` archives: headers only, arrays of objects named and left alone.

Source of the format: numpy, `numpy/lib/format.py`.
"""

import re
import zlib
from math import prod
from typing import NamedTuple

from app.keys import FileInfo, KeyTree, Location, TensorInfo, Token, TreeOffer, Warned, itemsize
from app.keys.spelling import spell_token
from app.readers.archive import Archive
from app.readers.directory import STORED, Entry, shown
from app.readers.errors import NumpyError, ReadError, ReadLimitError
from app.readers.limits import Limits
from app.readers.pickles.numpy_makers import dtype_name
from app.readers.storages import fortran, same_strides
from app.sources import ByteSource, absolute, together

MAGIC = b"\x93NUMPY"
_FIELD = re.compile(
    r"""\s*(['"])(?P<name>\w{1,20})\1\s*:\s*(?P<value>'[^'\n]{1,200}'|"[^"\n]{1,200}"|\[.{1,60000}\]|True|False|\([0-9L, ]{0,600}\))\s*(?:,|\Z)""",
    re.DOTALL,
)
_SHAPE = re.compile(r"\( *(?:[0-9]+L? *, *(?:[0-9]+L? *(?:, *[0-9]+L? *)*,? *)?)?\)")
_SIZE = re.compile("[0-9]+")
"""A tuple: one number has a comma behind it. Numbers of Python 2 have an L."""
_FIELDS = frozenset({"descr", "fortran_order", "shape"})
_QUOTED = re.compile("['\"\\[]")
_DESCR = re.compile(r"[<>|=]?[A-Za-z][A-Za-z]?[0-9]{0,9}\Z", re.ASCII)
"""An element type as numpy writes it, known here or not."""
_MOST_HEADER = 1 << 16
_MOST = (1 << 63) - 1
_PEEK = 4096
_SUFFIX = ".npy"


class Header(NamedTuple):
    """What a `.npy` header says; `start` is where the data begins, from the header's first byte."""

    dtype: str
    big: bool
    shape: tuple[int, ...]
    fortran: bool
    start: int


def header(head: bytes, name: str) -> Header | int:
    """Parse a header; a number is the count of bytes that must be at hand. Raises NumpyError (`npy_header`)."""
    if head[:6] != MAGIC or len(head) < 12 or head[6] not in {1, 2, 3}:
        raise NumpyError("npy_header", file=name)
    wide = 2 if head[6] == 1 else 4
    length = int.from_bytes(head[8 : 8 + wide], "little")
    start = 8 + wide + length
    if length > _MOST_HEADER:
        raise NumpyError("npy_header", file=name)
    if len(head) < start:
        return start
    found = _fields(head[8 + wide : start].decode("latin1").strip(), name)
    descr = found["descr"]
    dtype, big = ("RECORD", False) if descr[:1] == "[" else dtype_name(descr[1:-1])
    if not dtype and _DESCR.match(descr[1:-1]):
        dtype = "UNKNOWN"
    if "'|O" in descr or "'O'" in descr or "'O8'" in descr:
        dtype = "OBJECT"
    shape = tuple(int(size) for size in _SIZE.findall(found["shape"]))
    if not dtype or not _SHAPE.fullmatch(found["shape"]) or len(shape) > 64 or any(size > _MOST for size in shape) or prod(shape) > _MOST:
        raise NumpyError("npy_header", file=name)
    return Header(dtype, big, shape, found["fortran_order"] == "True", start)


def _fields(text: str, name: str) -> dict[str, str]:
    """Values of a header as they are written. Their order is free: the format's own description says that no reader may rely on it."""
    found: dict[str, str] = {}
    body = text[1:-1] if text[:1] == "{" and text[-1:] == "}" else ""
    place = 0
    while place < len(body.rstrip()):
        field = _FIELD.match(body, place)
        if field is None or field["name"] in found:
            raise NumpyError("npy_header", file=name)
        found[field["name"]] = field["value"]
        place = field.end()
    if (
        found.keys() != _FIELDS
        or not _QUOTED.match(found["descr"])
        or found["fortran_order"] not in {"True", "False"}
        or found["shape"][0] != "("
    ):
        raise NumpyError("npy_header", file=name)
    return found


def tensor(found: Header, length: int, place: int | None, file: int = 0) -> TensorInfo | None:
    """Make the tensor of a header whose data is said to be `length` bytes at `place`; None where they do not suffice."""
    size = itemsize(found.dtype)
    if size is not None and prod(found.shape) * size > length:
        return None
    stride = fortran(found.shape) if found.fortran else None
    where = Location(file, place, length, f"@{place}") if place is not None and size is not None and not found.big else None
    return TensorInfo(
        found.shape,
        found.dtype,
        where=where,
        stride=None if stride is None or same_strides(found.shape, stride) else stride,
        note="big-endian" if found.big else "",
    )


def read_single(source: ByteSource, nesting: tuple[Token, ...] | None, _limits: Limits) -> KeyTree:
    """Read a lone `.npy` file: one tensor without a name. Raises NumpyError."""
    if nesting:
        raise ReadError("no_such_nesting", file=source.name, nesting=str(nesting[0])[:80])
    found = header(source.read_at(0, _PEEK), source.name)
    if isinstance(found, int):
        found = header(source.read_at(0, found), source.name)
    if isinstance(found, int):
        raise NumpyError("npy_header", file=source.name)
    if found.dtype == "OBJECT":
        raise NumpyError("object_array", file=source.name, key="")
    info = tensor(found, source.size - found.start, found.start)
    if info is None:
        raise NumpyError("npy_header", file=source.name)
    return KeyTree("npy", {"": info}, files=(FileInfo(source.name, source.size),), offers=(TreeOffer((), 1, info.numel),))


def is_npz(archive: Archive) -> bool:
    """Whether every entry is an array."""
    return bool(archive.names) and all(name.endswith(_SUFFIX) for name in archive.names)


def has_arrays(archive: Archive) -> bool:
    """Whether there are arrays right in the archive, whatever stands beside them."""
    return any(name.endswith(_SUFFIX) and "/" not in name for name in archive.names)


def read(source: ByteSource, archive: Archive, nesting: tuple[Token, ...] | None, limits: Limits) -> KeyTree:
    """Read the headers of all arrays of an archive. Raises NumpyError, ZipError, ReadLimitError."""
    if nesting:
        raise ReadError("no_such_nesting", file=source.name, nesting=str(nesting[0])[:80])
    if len(archive.names) > limits.keys:
        raise ReadLimitError("limit", file=source.name, detail="keys")
    tensors: dict[str, TensorInfo] = {}
    other: dict[str, str] = {}
    warnings: list[Warned] = []
    entries = [entry for entry in archive.entries if len(entry.name) <= limits.key_length and entry.name.endswith(_SUFFIX)]
    strange = [name for name in archive.names if not name.endswith((_SUFFIX, "/"))]
    other.update((shown(name), "no array") for name in strange[: limits.shown])
    for entry, (found, place) in zip(entries, together(lambda entry: _opened(archive, entry), entries), strict=True):
        key = spell_token(entry.name.removesuffix(_SUFFIX))
        info = None if found.dtype == "OBJECT" else tensor(found, entry.size - found.start, place)
        if info is not None:
            tensors[key] = info
        else:
            code = "object_array" if found.dtype == "OBJECT" else "bounds"
            other[key] = f"array of Python objects, shape {list(found.shape)}" if code == "object_array" else "array that is cut off"
            warnings.append(Warned(code, {"key": key, "count": 1}))
    offer = TreeOffer((), len(tensors), min(_MOST, sum(info.numel for info in tensors.values())))
    return KeyTree(
        "npz",
        tensors,
        separator=separator_of(tensors),
        files=(FileInfo(source.name, source.size),),
        other=other,
        warnings=tuple(warnings[: limits.shown]),
        offers=(offer,),
    )


def separator_of(keys: dict[str, TensorInfo]) -> str:
    """What parts the segments of these keys: "/" where slashes are commoner than dots."""
    return "/" if sum(key.count("/") for key in keys) > sum(key.count(".") for key in keys) else "."


def _opened(archive: Archive, entry: Entry) -> tuple[Header, int | None]:
    """Header of an entry, and where its data lies in the file."""
    if entry.method != STORED:
        return _inflated(archive, entry), None
    start = archive.data_offset(entry)
    found = header(archive.source.read_at(start, min(256, entry.size)), archive.source.name)
    if isinstance(found, int):
        found = header(archive.source.read_at(start, min(found, entry.size)), archive.source.name)
    if isinstance(found, int):
        raise NumpyError("npy_header", file=archive.source.name)
    return found, absolute(archive.source, start + found.start)


def _inflated(archive: Archive, entry: Entry) -> Header:
    packed = archive.source.read_at(archive.data_offset(entry), min(entry.packed, _MOST_HEADER))
    try:
        found = header(zlib.decompressobj(-15).decompress(packed, _MOST_HEADER + 16), archive.source.name)
    except zlib.error as error:
        raise archive.invalid("deflate") from error
    if isinstance(found, int):
        raise NumpyError("npy_header", file=archive.source.name)
    return found
