"""A window on a file that a walker moves forward: what was passed is forgotten, what is to be skipped is never read."""

from app.readers.errors import PickleError
from app.sources import ByteSource

CHUNK = 256 * 1024
SLACK = 32
"""More than the longest opcode with its fixed argument."""


class Window:
    """Bytes `base .. base + len(buf)` of a file; positions of the walker are relative to `base`."""

    __slots__ = ("_source", "base", "buf", "end", "soft", "walked")

    def __init__(self, source: ByteSource, start: int, end: int | None = None) -> None:
        self._source = source
        self.end = source.size if end is None else end
        self.base = start
        self.buf = b""
        self.soft = 0
        self.walked = 0
        self.move(start)

    @property
    def source(self) -> ByteSource:
        """The file below."""
        return self._source

    def move(self, start: int, need: int = 0) -> None:
        """Put the window at absolute `start`, at least `need` bytes wide. Raises PickleError where the file ends before."""
        if start + need > self.end or start < 0:
            raise PickleError("malformed_pickle", file=self._source.name, detail="cut")
        length = min(max(need, CHUNK), self.end - start)
        self.buf = self._source.read_at(start, length)
        if len(self.buf) < need:
            raise PickleError("malformed_pickle", file=self._source.name, detail="cut")
        self.base = start
        self.walked += len(self.buf)
        self.soft = len(self.buf) - SLACK if start + len(self.buf) < self.end else len(self.buf)
