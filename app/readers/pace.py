"""How much of a lent file a walker asks for at once: a round costs more than the bytes, up to a point."""

from app.sources import ByteSource, RangesWanted

CHUNK = 256 * 1024
"""Bytes that a walker looks at together."""
_DENSE, _SPARSE = 2 * CHUNK, 4 * CHUNK
_STRIDES = 8
_MOST = 32 << 20


class Pace:
    """How the walk went so far, each step a chunk: on and on, then ever more is asked for; or over data that nobody wants.

    Small data are sent with the rest, eight of them at once, for that is quicker than a round for each; large ones are left out.
    """

    __slots__ = ("_fetched", "_first", "_steps")

    def __init__(self, start: int) -> None:
        self._first = start
        self._steps = 0
        self._fetched = 0

    def step(self, source: ByteSource, start: int, length: int, end: int) -> bytes:
        """Read `length` bytes from `start`. Raises RangesWanted, for more of them up to `end`, where a lent file lacks them."""
        try:
            data = source.read_at(start, length)
        except RangesWanted:
            source.want([(start, max(length, min(self._more(start), end - start)))])
            raise
        self._steps += 1
        self._fetched += len(data)
        return data

    def _more(self, start: int) -> int:
        stride = (start - self._first) // max(self._steps, 1)
        if stride <= _DENSE:
            return min(max(CHUNK, 4 * self._fetched), _MOST)
        return _STRIDES * stride if stride <= _SPARSE else 0
