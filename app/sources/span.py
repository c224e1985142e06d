"""A part of a file, seen as a file: an entry of an archive that lies there uncompressed."""

from collections.abc import Sequence

from app.sources.protocol import ByteSource


class Span:
    """Bytes `start .. start + size` of another file."""

    def __init__(self, source: ByteSource, start: int, size: int, name: str) -> None:
        self.name = name
        self.size = size
        self.start = start
        self._source = source

    @property
    def bytes_read(self) -> int:
        """Bytes asked of the file below."""
        return self._source.bytes_read

    @bytes_read.setter
    def bytes_read(self, count: int) -> None:
        self._source.bytes_read = count

    def read_at(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`; fewer only at the end of the part."""
        return self._source.read_at(self.start + offset, max(0, min(length, self.size - offset)))

    def want(self, ranges: Sequence[tuple[int, int]]) -> None:
        """Pass on."""
        self._source.want([(self.start + offset, max(0, min(length, self.size - offset))) for offset, length in ranges])
