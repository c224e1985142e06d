"""Files that stay in the user's browser: of each we know name and size, and hold the ranges that were sent so far."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from app.errors import KeygraftError
from app.sources.protocol import Range, RangesWanted

MAX_ROUNDS = 500
"""How often a reader may ask. Zips, safetensors and folders of them take four; formats that must be walked as many as their data are apart."""
READ_AHEAD = 4096
"""Least bytes asked for at once: a round trip costs more than they do."""


class RangeStore:
    """A sparse cache: for each file the ranges that are known, apart and in order.

    brought -- bytes that were put here so far, kept or not
    """

    def __init__(self) -> None:
        self.brought = 0
        self._offsets: dict[str, list[int]] = {}
        self._data: dict[str, list[bytes]] = {}

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return sum(len(data) for held in self._data.values() for data in held)

    def ranges(self) -> list[Range]:
        """Return what is held, in order."""
        return [
            Range(name, offset, len(data))
            for name in sorted(self._offsets)
            for offset, data in zip(self._offsets[name], self._data[name], strict=True)
        ]

    def put(self, file: str, offset: int, data: bytes) -> None:
        """Keep bytes of a file; what touches or overlaps becomes one range, the newest bytes winning."""
        if not data:
            return
        self.brought += len(data)
        offsets, held = self._offsets.setdefault(file, []), self._data.setdefault(file, [])
        end = offset + len(data)
        first = bisect_right(offsets, offset)
        if first and offsets[first - 1] + len(held[first - 1]) >= offset:
            first -= 1
        last = first
        while last < len(offsets) and offsets[last] <= end:
            last += 1
        if first < last:
            before = held[first][: max(0, offset - offsets[first])]
            after = held[last - 1][max(0, end - offsets[last - 1]) :]
            offset = min(offset, offsets[first])
            data = before + data + after
        offsets[first:last] = [offset]
        held[first:last] = [data]

    def get(self, file: str, offset: int, length: int) -> bytes | None:
        """Return the bytes, or None where one of them is not held."""
        offsets = self._offsets.get(file, [])
        place = bisect_right(offsets, offset) - 1
        if place < 0:
            return None
        data, start = self._data[file][place], offset - offsets[place]
        return data[start : start + length] if start + length <= len(data) else None

    def keep(self, used: Iterable[Range]) -> None:
        """Forget all but these ranges: what was sent ahead and turned out to be data."""
        kept = RangeStore()
        for each in used:
            data = self.get(*each)
            if data is not None:
                kept.put(each.file, each.offset, data)
        self._offsets, self._data = kept._offsets, kept._data

    def to_bytes(self) -> bytes:
        """Return the store as bytes to rest on disk."""
        listed = [
            (name, offset, data) for name in self._offsets for offset, data in zip(self._offsets[name], self._data[name], strict=True)
        ]
        return msgspec.msgpack.encode(listed)

    @classmethod
    def from_bytes(cls, stored: bytes) -> "RangeStore":
        """Read a store back."""
        store = cls()
        for name, offset, data in msgspec.msgpack.decode(stored, type=list[tuple[str, int, bytes]]):
            store.put(name, offset, data)
        return store


class LentFile:
    """One file that is elsewhere; reading what was not sent raises RangesWanted."""

    def __init__(self, name: str, size: int, store: RangeStore, used: list[Range]) -> None:
        self.name = name
        self.size = size
        self.bytes_read = 0
        self._used = used
        self._store = store

    def read_at(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`; fewer only at the end of the file. Raises RangesWanted."""
        offset, length = self._clipped(offset, length)
        if not length:
            return b""
        found = self._store.get(self.name, offset, length)
        if found is None:
            raise RangesWanted([self._widened(offset, length)])
        self.bytes_read += length
        self._used.append(Range(self.name, offset, length))
        return found

    def want(self, ranges: Sequence[tuple[int, int]]) -> None:
        """Raise RangesWanted with all of these that were not sent."""
        clipped = [Range(self.name, *self._clipped(offset, length)) for offset, length in ranges]
        held = [self._store.get(*each) is not None for each in clipped]
        self._used.extend(each for each, here in zip(clipped, held, strict=True) if here)
        missing = [self._widened(*each[1:]) for each, here in zip(clipped, held, strict=True) if each.length and not here]
        if missing:
            raise RangesWanted(missing)

    def _clipped(self, offset: int, length: int) -> tuple[int, int]:
        return offset, max(0, min(length, self.size - offset))

    def _widened(self, offset: int, length: int) -> Range:
        return Range(self.name, *self._clipped(offset, max(length, READ_AHEAD)))


class LentFiles:
    """A set of lent files; `store` is filled by whoever talks to the browser.

    used -- what was read, or announced
    """

    def __init__(self, sizes: Mapping[str, int], store: RangeStore) -> None:
        if any(size < 0 for size in sizes.values()):
            raise KeygraftError("file_unreadable", file=next(name for name, size in sizes.items() if size < 0), reason="size below zero")
        self.sizes = dict(sizes)
        self.store = store
        self.used: list[Range] = []
        self._files = {name: LentFile(name, size, store, self.used) for name, size in sizes.items()}

    def names(self) -> Sequence[str]:
        """Names of all files."""
        return tuple(self._files)

    def open(self, name: str) -> LentFile:
        """Return the file of this name."""
        return self._files[name]

    def receive(self, wanted: Range, data: bytes) -> None:
        """Keep what was sent for a range; raises KeygraftError where it is not what was asked for."""
        if wanted.file not in self.sizes or wanted.offset < 0 or wanted.offset + wanted.length > self.sizes[wanted.file]:
            raise KeygraftError("range_outside", file=wanted.file)
        if len(data) != wanted.length:
            raise KeygraftError("range_length", file=wanted.file, expected=wanted.length, actual=len(data))
        self.store.put(wanted.file, wanted.offset, data)
