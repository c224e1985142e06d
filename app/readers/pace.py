"""How much a walker reads at once: of a file that is here little where it jumps; of a lent one more, for a round costs more than bytes do."""

from app.sources import ByteSource, RangesWanted

CHUNK = 256 * 1024
"""Bytes that a walker looks at together where it goes on and on."""
LEAST = 4096
_DENSE, _SPARSE = 2 * CHUNK, 4 * CHUNK
_STRIDES = 8
_MOST = 32 << 20


class Pace:
    """How the walk went so far: on and on, or over data that nobody wants.

    Of a lent file ever more is asked for. Small data are sent with the rest, for that is quicker than a round for each; large ones are left out.
    """

    __slots__ = ("_end", "_first", "_size", "_steps")

    def __init__(self, start: int) -> None:
        self._first = self._end = start
        self._size = CHUNK
        self._steps = 0

    def size(self, start: int) -> int:
        """Bytes that are worth reading from `start`: few behind a jump, twice as many with each step from there on."""
        return LEAST if start > self._end else min(2 * self._size, CHUNK)

    def step(self, source: ByteSource, start: int, length: int, end: int) -> bytes:
        """Read `length` bytes from `start`. Raises RangesWanted, for more of them up to `end`, where a lent file lacks them."""
        try:
            data = source.read_at(start, length)
        except RangesWanted:
            source.want([(start, max(length, min(self._more(start), end - start)))])
            raise
        self._steps += 1
        self._size = length
        self._end = start + length
        return data

    def _more(self, start: int) -> int:
        progress = start - self._first
        stride = progress // max(self._steps, 1)
        if stride <= _DENSE:
            return min(max(CHUNK, 4 * progress), _MOST)
        return _STRIDES * stride if stride <= _SPARSE else 0
