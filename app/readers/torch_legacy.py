"""What `torch.save` wrote before 1.6: five pickles, then the bytes of each storage behind its count of elements.

Source of the format: pytorch, `torch/serialization.py`, `_legacy_save` and `_legacy_load`.
"""

import codecs
from typing import Any, NamedTuple

from app.keys import FileInfo, KeyTree, Warned
from app.keys.spelling import Token
from app.readers.assembling import tree_of
from app.readers.errors import PickleError, TorchError, UnknownFormatError
from app.readers.limits import Limits
from app.readers.persistent import storage_of
from app.readers.pickles import Blob, Machine, Mapped, Storage, Tensor
from app.readers.storages import Place, Storages
from app.readers.walking import walk
from app.sources import ByteSource, ReadAhead, Span
from app.sources.memory import Inflated

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001
_COUNT = 8
_FIRST = 4 << 20
"""What a lent file is asked for first: the pickles of nearly every file, and they compress well."""
_BEGIN = 4096
"""Of a storage that was written as text: its pickles, which are a few hundred bytes, and the count of its elements."""
_NOWHERE = Inflated("", b"")
"""What such a storage is kept by once it was read: its bytes lie nowhere as they are, and none of them are wanted."""


class Legacy(NamedTuple):
    """A legacy file, walked: its object, and storages by key with the place of their bytes."""

    value: Any
    places: dict[str, Place]
    storages: dict[str, Storage]
    big_endian: bool
    end: int


def load(source: ByteSource, machine: Machine) -> Legacy:
    """Walk a legacy file. Raises PickleError, UnknownFormatError (`truncated`)."""
    magic, end = machine.load(source, 0)
    protocol, end = machine.load(source, end)
    if magic != MAGIC or protocol != PROTOCOL:
        raise PickleError("malformed_pickle", file=source.name, detail="legacy")
    system, end = machine.load(source, end)
    storages: dict[str, Storage] = {}
    outer = machine.persistent

    def remembered(pid: Any) -> Any:
        made = storage_of(pid)
        if type(made) is Storage:
            kept = storages.setdefault(made.key, made)
            kept.nbytes = max(kept.nbytes, made.nbytes)
        return made

    machine.persistent = remembered
    try:
        value, end = machine.load(source, end)
    finally:
        machine.persistent = outer
    keys, end = machine.load(source, end)
    big = type(system) is Mapped and False in [on for name, on in _pairs(system) if name == "little_endian"]
    places, end = _laid_out(source.below if isinstance(source, ReadAhead) else source, keys, storages, end, big=big)
    return Legacy(value, places, storages, big, end)


def _pairs(mapped: Mapped) -> list[tuple[Any, Any]]:
    return list(zip(mapped[::2], mapped[1::2], strict=False))


def _laid_out(source: ByteSource, keys: Any, storages: dict[str, Storage], end: int, *, big: bool) -> tuple[dict[str, Place], int]:
    """Places of the storages: each is its count of elements, then that many."""
    if type(keys) is not list:
        raise PickleError("malformed_pickle", file=source.name, detail="legacy")
    starts: list[tuple[Storage, int]] = []
    for key in keys:
        storage = storages.get(key if type(key) is str else str(key) if type(key) is int else "")
        if storage is None:
            raise TorchError("missing_storage", file=source.name, key=str(key)[:80] if type(key) in {str, int} else "")
        starts.append((storage, end + _COUNT))
        end += _COUNT + storage.nbytes
    if end > source.size:
        raise UnknownFormatError("truncated", file=source.name)
    source.want([(start - _COUNT, _COUNT) for _, start in starts])
    places: dict[str, Place] = {}
    for storage, start in starts:
        count = int.from_bytes(source.read_at(start - _COUNT, _COUNT), "big" if big else "little", signed=True)
        if count < 0 or not _agrees(count, storage):
            raise TorchError("bounds", file=source.name, key=storage.key[:80])
        places[storage.key] = (start, storage.nbytes)
    return places, end


def _agrees(count: int, storage: Storage) -> bool:
    """Whether the count of elements in the data is that of the pickle: in elements, or in bytes for an untyped storage."""
    return count == storage.nbytes or (storage.nbytes % max(count, 1) == 0 and storage.nbytes // max(count, 1) in {1, 2, 4, 8, 16})


def nested(machine: Machine, held: Blob | bytes) -> Any:
    """Return the storage of a legacy file that lies inside a pickle, on the budget of the outer one."""
    source = _held(held, machine.name)
    inner = Machine(source.name, machine.limits)
    inner.opcodes_left, inner.bytes_left, inner.globals = machine.opcodes_left, machine.bytes_left, machine.globals
    found = load(source, inner)
    machine.opcodes_left, machine.bytes_left = inner.opcodes_left, inner.bytes_left
    value = found.value
    for tensor in [value.storage] if type(value) is Tensor else [value]:
        if type(tensor) is Storage and found.places.get(tensor.key):
            start, length = found.places[tensor.key]
            tensor.blob = Blob(_NOWHERE if isinstance(source, Inflated) else source, start or 0, length)
            tensor.key = f"@{held.offset if isinstance(held, Blob) else id(tensor)}.{tensor.key}"
    return value


def _held(held: Blob | bytes, name: str) -> ByteSource:
    """Bytes inside a pickle as a file. Those that protocols 0 to 2 wrote as text are known by their begin, and lie nowhere as they are."""
    if isinstance(held, bytes):
        return Inflated(name, held)
    if not held.text:
        return Span(held.source, held.offset, held.length, held.source.name)
    begin = held.source.read_at(held.offset, min(held.length, _BEGIN))
    coding = "raw-unicode-escape" if held.escaped else "utf-8"
    text = codecs.getincrementaldecoder(coding)("strict").decode(begin, final=held.length <= _BEGIN)
    made = Inflated(name, text.encode("latin1"))
    made.size = max(made.size, held.length if held.length > _BEGIN else 0)
    return made


def read(source: ByteSource, nesting: tuple[Token, ...] | None, limits: Limits) -> KeyTree:
    """Read the tree of a legacy file. Raises PickleError, TorchError, ReadLimitError, UnknownFormatError."""
    ahead = ReadAhead(source)
    source.want([(0, _FIRST)])
    machine = Machine(source.name, limits, nested=nested)
    found = load(ahead, machine)
    walked = walk(found.value, source.name, limits)
    storages = Storages(found.places.get, found.places, big_endian=found.big_endian)

    warnings = [] if found.end == source.size else [Warned("trailing_bytes", {"count": source.size - found.end})]
    files = (FileInfo(source.name, source.size),)
    names = machine.globals.values()
    return tree_of(walked, storages, form="torch-legacy", files=files, nesting=nesting, names=names, warnings=warnings)
