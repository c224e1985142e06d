"""The central directory of a zip archive, read by itself: no other parser is asked, and where two could disagree the archive is refused.

An archive of torch has an entry for each tensor, and few of them are ever asked for by themselves. So one pass looks at each record, keeps
its name and where its data lies, and makes an `Entry` only of what somebody wants.
Source of the format: PKWARE APPNOTE 6.3.10, sections 4.3.12 (records), 4.5.3 (zip64).
"""

import struct
from bisect import bisect_right
from functools import cached_property

import msgspec

from app.readers.errors import ZipError

STORED, DEFLATED = 0, 8
ENCRYPTED = 1 | 1 << 6 | 1 << 13
OVERFLOWN = 0xFFFFFFFF
"""Stands where a number did not fit; the zip64 field then has it."""
LOCAL_SIZE = 30
_RECORD = struct.Struct("<4s4xL8xLLHHH8xL").unpack_from
"""Magic, form (flags, then method), packed, size, lengths of name, extras and comment, place of the local header."""
_CRC = struct.Struct("<16xL").unpack_from
_MAGIC = b"PK\1\2"
_RECORD_SIZE = 46
_DESCRIBED = 8
"""Flag: the sizes stand behind the data."""
_ALIGNED = LOCAL_SIZE + 4 + 63
"""Before data that torch aligns stand, beside the name: the local header, one field of padding, and what is missing to 64."""
_U64 = struct.Struct("<Q").unpack_from
_WIDE_HEADER = b"\1\0\x08\0"
"""Opens a zip64 field of one number: in archives of torch that of the local header, from 4 GB on."""


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One file of an archive; offsets are those of the archive's file."""

    name: str
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    header: int


class Directory:
    """All entries of an archive. Raises ZipError where two programs could read them differently.

    names   -- in order
    listing -- all names, a line each, behind a line's end: tells at once that none of them holds a word
    """

    def __init__(self, data: bytes, count: int, end: int, file: str) -> None:
        self._file = file
        self._data = data
        self._end = end
        self.names: list[str] = []
        self._places: list[int] = []
        self._sizes: list[int] = []
        self._headers: list[int] = []
        self._starts: list[int] = []
        try:
            rising = self._pass(count)
        except struct.error as error:
            raise self.invalid("directory") from error
        self._check_names()
        if not rising:
            self._check_apart()

    def invalid(self, detail: str) -> ZipError:
        """Return the error of an archive that is not sound."""
        return ZipError("zip_invalid", file=self._file, detail=detail)

    def __contains__(self, name: str) -> bool:
        """Whether there is an entry of this name."""
        return name in self._numbers

    def __getitem__(self, name: str) -> Entry:
        """Return the entry of a name that is there."""
        return self._entry(self._numbers[name])

    @cached_property
    def entries(self) -> list[Entry]:
        """All entries, in order."""
        return list(map(self._entry, range(len(self.names))))

    def header(self, name: str) -> int:
        """Where the local header of an entry stands."""
        return self._headers[self._numbers[name]]

    def following(self, header: int) -> int:
        """Where the record behind the one at `header` starts."""
        place = bisect_right(self._headers_rising, header)
        return self._headers_rising[place] if place < len(self._headers_rising) else self._end

    def likely(self, folder: str) -> dict[str, tuple[int, int]]:
        """Where data of entries below a folder start, and their sizes: those that were laid out as torch does it, by their names there.

        torch aligns data to 64 bytes and puts a 16 or 24 byte descriptor behind it: where the two ways to reckon agree, no byte need be read.
        """
        cut = len(folder)
        columns = zip(self.names, self._starts, self._sizes, strict=True)
        return {name[cut:]: (start, size) for name, start, size in columns if start and name.startswith(folder)}

    def _pass(self, count: int) -> bool:
        """Look at each record once; return whether each lies behind the one before, as far as that shows without looking again."""
        data, text = self._data, self._data.decode("latin-1")
        names, places, sizes, headers, starts = self.names, self._places, self._sizes, self._headers, self._starts
        place, usual, plain, rising = 0, -1, False, True
        start = behind = 0  # data of the entry before, if torch laid it out, and where that ended
        for _ in range(count):
            magic, form, packed, size, named, extra, comment, header = _RECORD(data, place)
            if magic != _MAGIC:
                raise self.invalid("directory")
            names_at = place + _RECORD_SIZE
            extras = names_at + named
            if header == OVERFLOWN > size and packed != OVERFLOWN and extra >= 12 and data[extras : extras + 4] == _WIDE_HEADER:
                header = _U64(data, extras + 4)[0]
            elif header == OVERFLOWN or size == OVERFLOWN or packed == OVERFLOWN:  # noqa: PLR1714 -- asked of each entry
                size, packed, header = self._wide(data[extras : extras + extra], size, packed, header)
            gap = header - behind
            starts.append(start if plain and (gap == 24 or gap == 16) else 0)  # noqa: PLR1714 -- asked of each entry
            if gap < 0:
                rising = False
            if form != usual:
                usual, plain = form, self._is_plain(form)
            if packed != size and form >> 16 == STORED:
                raise self.invalid("size")
            start = header + named + _ALIGNED & -64
            behind = start + packed
            names.append(text[names_at:extras])
            places.append(place)
            sizes.append(size)
            headers.append(header)
            place = extras + extra + comment
        if place != len(data):
            raise self.invalid("directory")
        starts.append(start if plain and self._end - behind in {16, 24} else 0)
        del starts[0]
        return rising and behind <= self._end

    def _is_plain(self, form: int) -> bool:
        """Whether entries of this form may lie as torch lays them out."""
        if form & ENCRYPTED:
            raise self.invalid("encrypted")
        if form >> 16 not in {STORED, DEFLATED}:
            raise self.invalid("method")
        return form >> 16 == STORED and bool(form & _DESCRIBED)

    def _entry(self, number: int) -> Entry:
        _magic, form, packed, size, named, extra, _comment, header = _RECORD(self._data, self._places[number])
        if OVERFLOWN in {size, packed, header}:
            extras = self._places[number] + _RECORD_SIZE + named
            size, packed, header = self._wide(self._data[extras : extras + extra], size, packed, header)
        crc = _CRC(self._data, self._places[number])[0]
        return Entry(self.names[number], form & 0xFFFF, form >> 16, crc, packed, size, header)

    def _wide(self, extra: bytes, size: int, packed: int, header: int) -> tuple[int, int, int]:
        """Take from the zip64 field what did not fit, in the order of the format: only the overflowed values stand there."""
        place = 0
        while place + 4 <= len(extra):
            kind, length = struct.unpack_from("<HH", extra, place)
            if kind == 1:
                wide = list(struct.unpack_from(f"<{length // 8}Q", extra[: place + 4 + length], place + 4))
                try:
                    size = wide.pop(0) if size == OVERFLOWN else size
                    packed = wide.pop(0) if packed == OVERFLOWN else packed
                    header = wide.pop(0) if header == OVERFLOWN else header
                except IndexError as error:
                    raise self.invalid("zip64") from error
                return size, packed, header
            place += 4 + length
        raise self.invalid("zip64")

    def _check_names(self) -> None:
        """Look at all names together, and at each one only where there is reason to."""
        self.listing = "\n" + "\n".join(self.names)
        if not self.listing.isascii():
            self.names = [decoded(name.encode("latin-1")) for name in self.names]
            self.listing = "\n" + "\n".join(self.names)
        self._numbers = dict(zip(self.names, range(len(self.names)), strict=True))
        if any(mark in self.listing for mark in ("\\", "..", ":", "\0", "\n/")):
            for name in self.names:
                self._check_name(name)
        if len(self._numbers) != len(self.names):
            raise self.invalid("duplicate")

    def _check_name(self, name: str) -> None:
        if name[:1] in {"/", "\\"} or ".." in name.replace("\\", "/").split("/") or name[1:2] == ":" or "\0" in name:
            raise ZipError("zip_path", file=self._file, entry=shown(name))

    def _check_apart(self) -> None:
        """No two entries may share bytes."""
        ordered = sorted(self.entries, key=lambda entry: entry.header)
        nexts = [*(entry.header for entry in ordered[1:]), self._end]
        for entry, following in zip(ordered, nexts, strict=False):
            if entry.header + LOCAL_SIZE + len(entry.name) + entry.packed > following:
                raise self.invalid("overlap")

    @cached_property
    def _headers_rising(self) -> list[int]:
        return sorted(self._headers)


def decoded(name: bytes) -> str:
    """Return the name of an entry; bytes that are no text are kept."""
    return name.decode("utf-8", "surrogateescape")


def shown(name: str) -> str:
    """Return a hostile name fit for a message: printable, short."""
    return ascii(name[:80])[1:-1]
