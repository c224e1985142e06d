"""Reading ahead, for formats that must be walked: each gap costs one request of 256 KB, not one for each field."""

from collections.abc import Sequence

from app.sources.protocol import ByteSource

AHEAD = 256 * 1024


class ReadAhead:
    """A file whose reads are widened to blocks of `ahead` bytes; the last few blocks are kept."""

    def __init__(self, source: ByteSource, ahead: int = AHEAD, kept: int = 8) -> None:
        self.name = source.name
        self.size = source.size
        self.below = source
        self._ahead = ahead
        self._kept = kept
        self._blocks: dict[int, bytes] = {}

    @property
    def bytes_read(self) -> int:
        """Bytes asked of the file below."""
        return self.below.bytes_read

    @bytes_read.setter
    def bytes_read(self, count: int) -> None:
        self.below.bytes_read = count

    def read_at(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`; fewer only at the end of the file."""
        if length > self._ahead:
            return self.below.read_at(offset, length)
        start = offset - offset % self._ahead
        found = self._block(start)[offset - start : offset - start + length]
        if len(found) < length and start + self._ahead < self.size:
            found += self._block(start + self._ahead)[: length - len(found)]
        return found

    def want(self, ranges: Sequence[tuple[int, int]]) -> None:
        """Pass on, widened to blocks."""
        starts = [(offset - offset % self._ahead, offset + length) for offset, length in ranges]
        self.below.want([(start, max(self._ahead, end - start)) for start, end in starts])

    def _block(self, start: int) -> bytes:
        if start not in self._blocks:
            while len(self._blocks) >= self._kept:
                del self._blocks[next(iter(self._blocks))]
            self._blocks[start] = self.below.read_at(start, self._ahead)
        return self._blocks[start]
