"""A part of a file, seen as a file: an entry of an archive that lies there uncompressed."""

from collections.abc import Sequence

from app.sources.memory import Inflated
from app.sources.protocol import ByteSource
from app.sources.readahead import ReadAhead


class Span:
    """Bytes `start .. start + size` of another file; `held` where they were read already."""

    def __init__(self, source: ByteSource, start: int, size: int, name: str, held: bytes | None = None) -> None:
        self.name = name
        self.size = size
        self.start = start
        self.below = source
        self._held = held

    @property
    def bytes_read(self) -> int:
        """Bytes asked of the file below."""
        return self.below.bytes_read

    @bytes_read.setter
    def bytes_read(self, count: int) -> None:
        self.below.bytes_read = count

    def read_at(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`; fewer only at the end of the part."""
        if self._held is not None:
            return self._held[offset : offset + length]
        return self.below.read_at(self.start + offset, max(0, min(length, self.size - offset)))

    def want(self, ranges: Sequence[tuple[int, int]]) -> None:
        """Pass on."""
        if self._held is None:
            self.below.want([(self.start + offset, max(0, min(length, self.size - offset))) for offset, length in ranges])


def absolute(source: ByteSource, offset: int) -> int | None:
    """Where a byte of a part lies in the file itself; None where it was inflated and lies nowhere."""
    while True:
        if isinstance(source, Span):
            offset, source = source.start + offset, source.below
        elif isinstance(source, ReadAhead):
            source = source.below
        else:
            return None if isinstance(source, Inflated) else offset
