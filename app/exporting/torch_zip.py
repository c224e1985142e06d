"""Layout of torch's zip files: a pickle of names, one stored entry a storage, each aligned so that it can be memory-mapped.

Source of the format: PyTorch, caffe2/serialize/inline_container.cc; zip: APPNOTE 6.3.10 by PKWARE.
"""

import json
import struct
from collections.abc import Mapping, Sequence

import msgspec

from app.exporting.content import Entry, ExportError
from app.exporting.pickling import Stored, state_dict_pickle, writable
from app.exporting.piece import Checksum, Directory, EntryStart, Literal, OutputFile, Piece, Range
from app.exporting.ranges import LARGE, PAGE

ROOT = "archive"
ALIGNMENT = 64
_FOUR = 0xFFFFFFFF
_TWO = 0xFFFF
_FLAGS = 0x0808
"""Sizes and CRC follow the data; names are UTF-8."""


METADATA = "keygraft.json"
"""Entry with what a safetensors file keeps in `__metadata__`; torch passes it by."""


def torch_file(name: str, entries: Sequence[Entry], aliases: Mapping[str, str], metadata: Mapping[str, str]) -> OutputFile:
    """Lay out one file; keys that share a tensor (`aliases`) share its storage.

    ExportError `dtype_not_writable` for a type that torch lacks.
    """
    stored = storages(entries, aliases)
    archive = _Archive()
    archive.add("data.pkl", (Literal(state_dict_pickle(stored)),))
    # No `.format_version`: with it, torch may compute where storages lie instead of looking, and ours lie where they can be copied.
    archive.add("byteorder", (Literal(b"little"),))
    if metadata:
        archive.add(METADATA, (Literal(json.dumps(metadata, sort_keys=True).encode()),))
    for index, entry in enumerate(entries):
        archive.add(f"data/{index}", entry.pieces)
    archive.add("version", (Literal(b"3\n"),))
    return OutputFile(name, archive.closed(), tuple(each.key for each in stored))


def storages(entries: Sequence[Entry], aliases: Mapping[str, str]) -> list[Stored]:
    """Number the storages of a file: one for each entry, and the same again for the keys that share it.

    ExportError `dtype_not_writable`.
    """
    stored: dict[str, Stored] = {}
    for index, entry in enumerate(entries):
        if not writable(entry.dtype):
            raise ExportError("dtype_not_writable", key=entry.key, dtype=entry.dtype)
        stored[entry.key] = Stored(entry.key, entry.shape, entry.dtype, index, entry.nbytes)
    shared = [msgspec.structs.replace(own, key=key) for key, kept in aliases.items() if (own := stored.get(kept))]
    return [*stored.values(), *shared]


class _Archive:
    """Pieces of a zip file, in the making."""

    def __init__(self) -> None:
        self._pieces: list[Piece] = []
        self._entries: list[tuple[str, int, int]] = []
        self._at = 0

    def add(self, name: str, data: tuple[Piece, ...]) -> None:
        """Add a stored entry."""
        full = f"{ROOT}/{name}"
        size = sum(piece.length for piece in data)
        self._entries.append((full, self._at, size))
        for piece in (EntryStart(_local_header(full, self._at, size, _place(data))), *data, Checksum(size)):
            self._pieces.append(piece)
            self._at += piece.length

    def closed(self) -> tuple[Piece, ...]:
        """Return all pieces with the directory."""
        entries = tuple(self._entries)
        length = len(central_directory(entries, self._at, [0] * len(entries)))
        return (*self._pieces, Directory(entries, self._at, length))


def _place(data: tuple[Piece, ...]) -> int | None:
    """Find where in a page the data should start: a large range as it lies in its file, so that the kernel copies whole pages."""
    first = data[0] if data else None
    if isinstance(first, Range) and first.length >= LARGE and not first.offset % ALIGNMENT:
        return first.offset % PAGE
    return None


def _local_header(name: str, at: int, size: int, place: int | None = None) -> bytes:
    """Write a local header, padded so that the data starts at a multiple of 64 bytes, or at `place` in a page."""
    encoded = name.encode()
    wide = struct.pack("<HHQQ", 1, 16, 0, 0) if size >= _FOUR else b""
    bare = at + 30 + len(encoded) + len(wide) + 4
    padding = -bare % ALIGNMENT if place is None else (place - bare) % PAGE
    extra = wide + struct.pack("<HH", 0x4246, padding) + b"Z" * padding
    small = _FOUR if wide else 0
    return (
        struct.pack("<IHHHHHIIIHH", 0x04034B50, 45 if wide else 20, _FLAGS, 0, 0, 0x21, 0, small, small, len(encoded), len(extra))
        + encoded
        + extra
    )


def descriptor(crc: int, size: int) -> bytes:
    """Write the data descriptor that follows an entry."""
    return struct.pack("<IIII" if size < _FOUR else "<IIQQ", 0x08074B50, crc, size, size)


def central_directory(entries: Sequence[tuple[str, int, int]], start: int, checksums: Sequence[int]) -> bytes:
    """Write the central directory and what ends a zip file."""
    parts = []
    for (name, offset, size), crc in zip(entries, checksums, strict=True):
        encoded = name.encode()
        wide = b"".join(struct.pack("<Q", value) for value in (size, size, offset) if value >= _FOUR)
        extra = struct.pack("<HH", 1, len(wide)) + wide if wide else b""
        small, where = min(size, _FOUR), min(offset, _FOUR)
        version = 45 if wide else 20
        head = (0x02014B50, version, version, _FLAGS, 0, 0, 0x21, crc, small, small, len(encoded), len(extra), 0, 0, 0, 0, where)
        parts.append(struct.pack("<IHHHHHHIIIHHHHHII", *head) + encoded + extra)
    directory = b"".join(parts)
    count, length = len(entries), len(directory)
    end = b""
    if count >= _TWO or start >= _FOUR or length >= _FOUR:
        at = start + length
        end = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, count, count, length, start)
        end += struct.pack("<IIQI", 0x07064B50, 0, at, 1)
    end += struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, min(count, _TWO), min(count, _TWO), min(length, _FOUR), min(start, _FOUR), 0)
    return directory + end
