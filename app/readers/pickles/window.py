"""A window on a file that a walker moves forward: what was passed is forgotten, what is to be skipped is never read."""

from app.readers.errors import PickleError
from app.readers.pace import CHUNK, LEAST, Pace
from app.sources import ByteSource

SLACK = 32
"""More than the longest opcode with its fixed argument."""


class Window:
    """Bytes `base .. base + len(buf)` of a file; positions of the walker are relative to `base`."""

    __slots__ = ("_pace", "_source", "base", "buf", "end", "soft", "walked")

    def __init__(self, source: ByteSource, start: int, end: int | None = None) -> None:
        self._source = source
        self.end = source.size if end is None else end
        self.base = start
        self.buf = b""
        self.soft = 0
        self.walked = 0
        self._pace = Pace(start)
        self.move(start)

    @property
    def source(self) -> ByteSource:
        """The file below."""
        return self._source

    def skip(self, pos: int, size: int) -> None:
        """Say that `size` bytes from `pos` of the buffer are passed over: what is data is not walked."""
        self.walked -= min(size, len(self.buf) - pos)

    def move(self, start: int, need: int = 0) -> None:
        """Put the window at absolute `start`, at least `need` bytes wide. Raises PickleError where the file ends before."""
        if start + need > self.end or start < 0:
            raise PickleError("malformed_pickle", file=self._source.name, detail="cut")
        length = CHUNK - start % CHUNK  # to the end of a block, so that a next pickle in it costs nothing
        length = min(length if length > LEAST else length + CHUNK, self._pace.size(start))
        length = min(max(need, length), self.end - start)
        self.walked -= max(0, len(self.buf) - (start - self.base))  # what was read and not passed yet is read again
        self.buf = self._pace.step(self._source, start, length, self.end)
        if len(self.buf) < need:
            raise PickleError("malformed_pickle", file=self._source.name, detail="cut")
        self.base = start
        self.walked += len(self.buf)
        self.soft = len(self.buf) - SLACK if start + len(self.buf) < self.end else len(self.buf)
