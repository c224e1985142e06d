"""The directory of a zip archive, read by itself: no other parser is asked, and where two could disagree the archive is refused.

Source of the format: PKWARE APPNOTE 6.3.10, sections 4.3 (records), 4.5.3 (zip64).
"""

import struct
import zlib
from collections.abc import Sequence
from typing import NamedTuple

from app.keys import Warned
from app.readers.errors import ReadLimitError, UnknownFormatError, ZipError
from app.readers.limits import Limits
from app.sources import ByteSource, Span
from app.sources.memory import Inflated

TAIL = 4096
"""Read first from the end: the end record, and the directory of small archives."""
HELD = 32 << 20
"""Entries up to this size are read whole, which checks their CRC; of longer ones only what is asked for."""
_LONGEST_COMMENT = 65_535
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_ENCRYPTED = 1 | 1 << 6 | 1 << 13
STORED, DEFLATED = 0, 8
_BOMB_SIZE = 1 << 20
_BOMB_RATIO = 200
"""Pickles and headers deflate by ten to forty; a thousand is a bomb."""


class Entry(NamedTuple):
    """One file of an archive; offsets are those of the archive's file."""

    name: str
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    header: int


class Archive:
    """A zip archive in a file. Raises ZipError, ReadLimitError or UnknownFormatError (`truncated`) where it is not sound."""

    def __init__(self, source: ByteSource, limits: Limits) -> None:
        self.source = source
        self.limits = limits
        self.warnings: list[str] = []
        count, size, start = self._end()
        if count > limits.entries or size > limits.header_bytes:
            raise ReadLimitError("limit", file=source.name, detail="entries")
        self._start = start
        source.want([(start, size)])
        self.entries = self._entries(source.read_at(start, size), count)
        self.by_name = {entry.name: entry for entry in self.entries}
        if len(self.by_name) != len(self.entries):
            raise self.invalid("duplicate")
        self._following = self._laid_out()

    def invalid(self, detail: str) -> ZipError:
        """Return the error of an archive that is not sound."""
        return ZipError("zip_invalid", file=self.source.name, detail=detail)

    def warned(self) -> list[Warned]:
        """Return what was odd so far: entries whose checksum is wrong."""
        return [Warned("crc", {"entry": shown(self.warnings[0]), "count": len(self.warnings)})] if self.warnings else []

    def data_offset(self, entry: Entry) -> int:
        """Where the data of an entry starts; its local header is read and must agree with the directory."""
        head = self.source.read_at(entry.header, _LOCAL.size + len(entry.name))
        if len(head) < _LOCAL.size:
            raise self.invalid("local_header")
        magic, _version, flags, method, _time, _date, _crc, packed, size, name_length, extra_length = _LOCAL.unpack_from(head)
        if magic != b"PK\3\4" or method != entry.method or (flags ^ entry.flags) & _ENCRYPTED:
            raise self.invalid("local_header")
        name = head[_LOCAL.size : _LOCAL.size + name_length]
        if len(name) < name_length:
            name = self.source.read_at(entry.header + _LOCAL.size, name_length)
        if _decoded(name) != entry.name:
            raise self.invalid("local_name")
        if (packed not in {0, 0xFFFFFFFF, entry.packed}) or (size not in {0, 0xFFFFFFFF, entry.size}):
            raise self.invalid("local_size")
        start: int = entry.header + _LOCAL.size + name_length + extra_length
        if start + entry.packed > self._following[entry.header]:
            raise self.invalid("overlap")
        return start

    def announce(self, entries: Sequence[Entry]) -> None:
        """Say that the local headers of these entries will be read."""
        self.source.want([(entry.header, _LOCAL.size + len(entry.name)) for entry in entries])

    def likely_offset(self, entry: Entry) -> int | None:
        """Where the data of an entry starts, if it was laid out as torch lays it out; None where only its header can tell.

        torch aligns data to 64 bytes and puts a 16 or 24 byte descriptor behind it: where the two ways to reckon agree, no byte need be read.
        """
        aligned = -(-(entry.header + _LOCAL.size + len(entry.name.encode("utf-8", "surrogateescape")) + 4) // 64) * 64
        rest = self._following[entry.header] - (aligned + entry.packed)
        return aligned if entry.flags & 8 and rest in {16, 24} and entry.method == STORED else None

    def open(self, entry: Entry, most: int | None = None) -> ByteSource:
        """Return an entry as a file of its own; a deflated one is inflated, up to `most` bytes."""
        if entry.method == STORED:
            held = self.read(entry, most) if entry.size <= HELD else None
            return Span(self.source, self.data_offset(entry), entry.size, self.source.name, held)
        return Inflated(self.source.name, self.read(entry, most))

    def read(self, entry: Entry, most: int | None = None) -> bytes:
        """Return the bytes of an entry. A wrong CRC is a warning: real files have it."""
        most = self.limits.header_bytes if most is None else most
        if entry.method == DEFLATED and entry.size > _BOMB_SIZE and entry.size > _BOMB_RATIO * max(entry.packed, 1):
            raise ZipError("zip_bomb", file=self.source.name, entry=shown(entry.name))
        if entry.size > most:
            raise ReadLimitError("limit", file=self.source.name, detail="entry_size")
        packed = self.source.read_at(self.data_offset(entry), entry.packed)
        if len(packed) < entry.packed:
            raise UnknownFormatError("truncated", file=self.source.name)
        data = packed if entry.method == STORED else self._inflated(packed, entry)
        if len(data) != entry.size:
            raise self.invalid("size")
        if zlib.crc32(data) != entry.crc:
            self.warnings.append(entry.name)
        return data

    def _inflated(self, packed: bytes, entry: Entry) -> bytes:
        machine = zlib.decompressobj(-15)
        try:
            data = machine.decompress(packed, entry.size + 1)
        except zlib.error as error:
            raise self.invalid("deflate") from error
        if len(data) > entry.size:
            raise ZipError("zip_bomb", file=self.source.name, entry=shown(entry.name))
        return data

    def _end(self) -> tuple[int, int, int]:
        """Count of entries, size and start of the directory."""
        size = self.source.size
        tail = self.source.read_at(max(0, size - TAIL), TAIL)
        place = _end_record(tail)
        if place is None and size > TAIL:
            tail = self.source.read_at(max(0, size - _LONGEST_COMMENT - _END.size), _LONGEST_COMMENT + _END.size)
            place = _end_record(tail)
        if place is None:
            raise UnknownFormatError("truncated", file=self.source.name)
        _magic, disk, disk_start, here, count, length, start, _comment = _END.unpack_from(tail, place)
        end = size - len(tail) + place
        if disk not in {0, 0xFFFF} or disk_start not in {0, 0xFFFF} or here != count:
            raise self.invalid("disks")
        locator = self.source.read_at(max(0, end - _LOCATOR.size), _LOCATOR.size) if end >= _LOCATOR.size else b""
        if locator[:4] == b"PK\6\7":
            count, length, start, end = self._end64(locator, end, (count, length, start))
        elif 0xFFFFFFFF in {length, start} or count == 0xFFFF:
            raise self.invalid("zip64")
        if start + length != end:
            raise self.invalid("prefix" if start + length < end else "directory")
        return count, length, start

    def _end64(self, locator: bytes, end: int, small: tuple[int, int, int]) -> tuple[int, int, int, int]:
        _magic, _disk, place, _disks = _LOCATOR.unpack(locator)
        if place + _END64.size > end - _LOCATOR.size:
            raise self.invalid("zip64")
        record = self.source.read_at(place, _END64.size)
        magic, length_of_record, _made, _needed, _disk, _disk_start, here, count, length, start = _END64.unpack(record)
        if magic != b"PK\6\6" or here != count or place + 12 + length_of_record != end - _LOCATOR.size:
            raise self.invalid("zip64")
        for wide, narrow, full in zip((count, length, start), small, (0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF), strict=True):
            if narrow not in {wide, full}:
                raise self.invalid("zip64")
        return count, length, start, place

    def _entries(self, directory: bytes, count: int) -> list[Entry]:
        out: list[Entry] = []
        place, end = 0, len(directory)
        for _ in range(count):
            if place + _CENTRAL.size > end:
                raise self.invalid("directory")
            (
                magic,
                _made,
                _needed,
                flags,
                method,
                _time,
                _date,
                crc,
                packed,
                size,
                name_length,
                extra_length,
                comment_length,
                _disk,
                _internal,
                _external,
                header,
            ) = _CENTRAL.unpack_from(directory, place)
            if magic != b"PK\1\2":
                raise self.invalid("directory")
            names = place + _CENTRAL.size
            extras = names + name_length
            name = _decoded(directory[names:extras])
            if packed == 0xFFFFFFFF or size == 0xFFFFFFFF or header == 0xFFFFFFFF:
                extra = directory[extras : extras + extra_length]
                size, packed, header = self._wide(extra, size, packed, header)
            place = extras + extra_length + comment_length
            if place > end:
                raise self.invalid("directory")
            self._check(name, flags, method, packed, size)
            out.append(Entry(name, flags, method, crc, packed, size, header))
        if place != end:
            raise self.invalid("directory")
        return out

    def _check(self, name: str, flags: int, method: int, packed: int, size: int) -> None:
        if flags & _ENCRYPTED:
            raise self.invalid("encrypted")
        if method not in {STORED, DEFLATED}:
            raise self.invalid("method")
        if method == STORED and packed != size:
            raise self.invalid("size")
        if name[:1] in {"/", "\\"} or ".." in name.replace("\\", "/").split("/") or name[1:2] == ":" or "\0" in name:
            raise ZipError("zip_path", file=self.source.name, entry=shown(name))

    def _wide(self, extra: bytes, size: int, packed: int, header: int) -> tuple[int, int, int]:
        """Take from the zip64 field what did not fit, in the order of the format: only the overflowed values stand there."""
        place = 0
        while place + 4 <= len(extra):
            kind, length = struct.unpack_from("<HH", extra, place)
            if kind == 1:
                wide = list(struct.unpack_from(f"<{length // 8}Q", extra[: place + 4 + length], place + 4))
                try:
                    size = wide.pop(0) if size == 0xFFFFFFFF else size
                    packed = wide.pop(0) if packed == 0xFFFFFFFF else packed
                    header = wide.pop(0) if header == 0xFFFFFFFF else header
                except IndexError as error:
                    raise self.invalid("zip64") from error
                return size, packed, header
            place += 4 + length
        raise self.invalid("zip64")

    def _laid_out(self) -> dict[int, int]:
        """Map the header of each entry to the next record's place; no two entries may share bytes."""
        ordered = sorted(self.entries, key=lambda entry: entry.header)
        following: dict[int, int] = {}
        last = self._start
        for entry in reversed(ordered):
            if entry.header + _LOCAL.size + len(entry.name) + entry.packed > last:
                raise self.invalid("overlap")
            following[entry.header] = last
            last = entry.header
        return following


def _end_record(tail: bytes) -> int | None:
    """Place of the end record whose comment reaches exactly to the end."""
    place = tail.rfind(b"PK\5\6")
    while place >= 0:
        if place + _END.size <= len(tail):
            comment = int.from_bytes(tail[place + 20 : place + 22], "little")
            if place + _END.size + comment == len(tail):
                return place
        place = tail.rfind(b"PK\5\6", 0, place)
    return None


def _decoded(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def shown(name: str) -> str:
    """Return a hostile name fit for a message: printable, short."""
    return ascii(name[:80])[1:-1]
