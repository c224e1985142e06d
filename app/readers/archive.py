"""A zip archive: where its directory stands, and the bytes of its entries.

Source of the format: PKWARE APPNOTE 6.3.10, sections 4.3 (records), 4.3.14 (zip64).
"""

import struct
import zlib
from collections.abc import Iterable

from app.keys import Warned
from app.readers.directory import DEFLATED, ENCRYPTED, OVERFLOWN, STORED, Directory, Entry, decoded, shown
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
_LOCAL = struct.Struct("<4s2x2H8x2L2H")
"""Magic, flags, method, packed, size, lengths of name and extras."""
_LENGTHS_AT = 26
_LENGTHS = struct.Struct("<2H")
_BETWEEN = 128
"""Bytes that may stand between a local header and the data behind it: a field of zip64, and what torch fills up with."""
_BOMB_SIZE = 1 << 20
_BOMB_RATIO = 200
"""Pickles and headers deflate by ten to forty; a thousand is a bomb."""


class Archive:
    """A zip archive in a file. Raises ZipError, ReadLimitError or UnknownFormatError (`truncated`) where it is not sound."""

    def __init__(self, source: ByteSource, limits: Limits) -> None:
        self.source = source
        self.limits = limits
        self.warnings: list[str] = []
        self._seen: set[bytes] = set()
        count, size, start = self._end()
        if count > limits.entries or size > limits.header_bytes:
            raise ReadLimitError("limit", file=source.name, detail="entries")
        source.want([(start, size)])
        self.directory = Directory(source.read_at(start, size), count, start, source.name)

    def __contains__(self, name: str) -> bool:
        """Whether there is an entry of this name."""
        return name in self.directory

    def __getitem__(self, name: str) -> Entry:
        """Return the entry of a name that is there."""
        return self.directory[name]

    @property
    def names(self) -> list[str]:
        """Names of all entries, in order."""
        return self.directory.names

    @property
    def entries(self) -> list[Entry]:
        """All entries, in order."""
        return self.directory.entries

    @property
    def listing(self) -> str:
        """All names, a line each: tells at once that none of them holds a word."""
        return self.directory.listing

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
        magic, flags, method, packed, size, name_length, extra_length = _LOCAL.unpack_from(head)
        if magic != b"PK\3\4" or method != entry.method or (flags ^ entry.flags) & ENCRYPTED:
            raise self.invalid("local_header")
        name = head[_LOCAL.size : _LOCAL.size + name_length]
        if len(name) < name_length:
            name = self.source.read_at(entry.header + _LOCAL.size, name_length)
        if decoded(name) != entry.name:
            raise self.invalid("local_name")
        if packed not in (0, OVERFLOWN, entry.packed) or size not in (0, OVERFLOWN, entry.size):
            raise self.invalid("local_size")
        start: int = entry.header + _LOCAL.size + name_length + extra_length
        if start + entry.packed > self.directory.following(entry.header):
            raise self.invalid("overlap")
        return start

    def confirmed(self, name: str, start: int) -> int:
        """Where the data of an entry starts, `start` by what the directory says; read from its local header like `data_offset`.

        Most local headers of torch's archives are, but for name and padding, the same bytes: those are looked at once.
        """
        place, encoded = self.directory.header(name), name.encode("utf-8", "surrogateescape")
        head = self.source.read_at(place, _LOCAL.size + len(encoded))
        common, padding = head[:_LENGTHS_AT], start - place - _LOCAL.size - len(encoded)
        if common in self._seen and head[_LENGTHS_AT:] == _LENGTHS.pack(len(encoded), padding) + encoded:
            return start
        found = self.data_offset(self[name])
        if _LOCAL.unpack_from(head)[3:5] in {(0, 0), (OVERFLOWN, OVERFLOWN)}:  # it says nothing of this entry alone
            self._seen.add(common)
        return found

    def announce(self, entries: Iterable[Entry], whole: Iterable[Entry] = ()) -> None:
        """Say that the local headers of these entries will be read, and all of those that are wanted `whole`: in one go.

        How much stands between a local header and its data only that header tells: as much as torch writes there is asked for with it.
        """
        heads = [(entry.header, _LOCAL.size + len(entry.name)) for entry in entries]
        read = (entry for entry in whole if entry.packed <= HELD)
        self.source.want([*heads, *((entry.header, _LOCAL.size + len(entry.name) + _BETWEEN + entry.packed) for entry in read)])

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
        locator = self._at(end - _LOCATOR.size, _LOCATOR.size, tail) if end >= _LOCATOR.size else b""
        if locator[:4] == b"PK\6\7":
            count, length, start, end = self._end64(locator, end, (count, length, start), tail)
        elif 0xFFFFFFFF in {length, start} or count == 0xFFFF:
            raise self.invalid("zip64")
        if start + length != end:
            raise self.invalid("prefix" if start + length < end else "directory")
        return count, length, start

    def _at(self, offset: int, length: int, tail: bytes) -> bytes:
        """Return bytes of the file, from its tail where that holds them."""
        place = offset - self.source.size + len(tail)
        return tail[place : place + length] if place >= 0 else self.source.read_at(offset, length)

    def _end64(self, locator: bytes, end: int, small: tuple[int, int, int], tail: bytes) -> tuple[int, int, int, int]:
        _magic, _disk, place, _disks = _LOCATOR.unpack(locator)
        if place + _END64.size > end - _LOCATOR.size:
            raise self.invalid("zip64")
        record = self._at(place, _END64.size, tail)
        magic, length_of_record, _made, _needed, _disk, _disk_start, here, count, length, start = _END64.unpack(record)
        if magic != b"PK\6\6" or here != count or place + 12 + length_of_record != end - _LOCATOR.size:
            raise self.invalid("zip64")
        for wide, narrow, full in zip((count, length, start), small, (0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF), strict=True):
            if narrow not in {wide, full}:
                raise self.invalid("zip64")
        return count, length, start, place


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
