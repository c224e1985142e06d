"""A cursor that walks a binary file: a window moves forward, of at most 256 KB; what is jumped over is not read."""

import struct
from collections.abc import Callable

from app.errors import KeygraftError
from app.readers.pace import Pace
from app.sources import ByteSource

_LONGEST = 10
"""Bytes of a variable-length number."""
_NUMBERED = frozenset({0, 2})
_FIXED = {1: 8, 5: 4}
"""Wire types of protobuf: those with a number behind the tag, and the bytes of the others."""
_FORMS = {"u8": "B", "i8": "b", "u16": "H", "i16": "h", "u32": "I", "i32": "i", "u64": "Q", "i64": "q", "f32": "f", "f64": "d"}


class Cursor:
    """Reads numbers and bytes from `place` on; `bad` makes the error of a file that ends too early."""

    def __init__(
        self, source: ByteSource, bad: Callable[[], KeygraftError], *, place: int = 0, end: int | None = None, big: bool = False
    ) -> None:
        self.source = source
        self.place = place
        self.end = self._last = source.size if end is None else end
        self._bad = bad
        self._buffer = b""
        self._base = 0
        self._pace = Pace(place)
        self._order = ">" if big else "<"
        self._structs = {name: struct.Struct(self._order + form) for name, form in _FORMS.items()}

    @property
    def left(self) -> int:
        """Bytes up to the end."""
        return self.end - self.place

    def take(self, length: int) -> bytes:
        """Return the next bytes."""
        start = self._window(length)
        self.place += length
        return self._buffer[start : start + length]

    def number(self, kind: str) -> int:
        """Return the next whole number: u8, i8, u16, ... i64."""
        form = self._structs[kind]
        start = self._window(form.size)
        self.place += form.size
        return int(form.unpack_from(self._buffer, start)[0])

    def real(self, kind: str) -> float:
        """Return the next real number: f32, f64."""
        form = self._structs[kind]
        start = self._window(form.size)
        self.place += form.size
        return float(form.unpack_from(self._buffer, start)[0])

    def varint(self) -> int:
        """Return the next variable-length number of protobuf: at most ten bytes."""
        start = self.place - self._base
        if start < 0 or start + _LONGEST > len(self._buffer) or self.place + _LONGEST > self.end:
            start = self._window(min(_LONGEST, self.left))
        value = shift = 0
        for byte in self._buffer[start : start + min(_LONGEST, self.end - self.place)]:
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                self.place += shift // 7
                return value & 0xFFFFFFFFFFFFFFFF
        raise self._bad()

    def field(self) -> tuple[int, int]:
        """Return tag and number of the next field of protobuf: its value, or the length of what follows; mostly each is one byte."""
        start = self.place - self._base
        if start >= 0 and self.place + 2 <= self.end and start + 2 <= len(self._buffer):
            tag, value = self._buffer[start], self._buffer[start + 1]
            if tag < 0x80 > value and tag & 7 in _NUMBERED:
                self.place += 2
                return tag, value
        tag = self.varint()
        wire = tag & 7
        if wire in _NUMBERED:
            return tag, self.varint()
        if wire not in _FIXED:
            raise self._bad()
        return tag, _FIXED[wire]

    def skip(self, length: int) -> None:
        """Jump over bytes."""
        if not 0 <= length <= self.left:
            raise self._bad()
        self.place += length

    def _window(self, length: int) -> int:
        """Make the next bytes stand in the buffer; return where."""
        start = self.place - self._base
        if start >= 0 and start + length <= len(self._buffer):
            if length > self.left:
                raise self._bad()
            return start
        if length > self.left:
            raise self._bad()
        ahead = min(self._pace.size(self.place), self._last - self.place)  # beyond the end of a message, too: the next one is mostly wanted
        self._buffer = self._pace.step(self.source, self.place, max(length, ahead), self.end)
        self._base = self.place
        if len(self._buffer) < length:
            raise self._bad()
        return 0
