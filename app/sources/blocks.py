"""Bytes of one file that were fetched and may be asked for again: apart, in order, the oldest let go when there are too many."""

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Sequence


class Blocks:
    """A bounded cache of parts of a file. Blocks may overlap; their bytes are never copied together until they are read."""

    def __init__(self, most: int) -> None:
        self.nbytes = 0
        self._most = most
        self._starts: list[int] = []
        self._held: dict[int, bytes] = {}
        self._age: deque[int] = deque()

    def put(self, offset: int, data: bytes) -> None:
        """Keep bytes; a block at the same place is replaced where it is shorter."""
        if len(data) <= len(self._held.get(offset, b"")) or len(data) > self._most:
            return
        if offset in self._held:
            self._drop(offset)
        self._starts.insert(bisect_right(self._starts, offset), offset)
        self._held[offset] = data
        self._age.append(offset)
        self.nbytes += len(data)
        while self.nbytes > self._most:
            self._drop(self._age[0])

    def get(self, offset: int, length: int) -> bytes | None:
        """Return the bytes, or None where one of them is not held."""
        parts = list(self._parts(offset, length))
        if sum(map(len, parts)) < length:
            return None
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def reach(self, offset: int, length: int) -> int:
        """Return how many bytes from `offset` on, at most `length`, are held without a gap."""
        return sum(map(len, self._parts(offset, length)))

    def _parts(self, offset: int, length: int) -> Iterator[bytes]:
        end = offset + length
        while offset < end:
            place = bisect_right(self._starts, offset) - 1
            found = b""
            # A longer block that starts earlier may reach further than the nearest one: look at a few.
            for start in self._starts[max(0, place - 3) : place + 1]:
                part = self._held[start][offset - start : end - start]
                if len(part) > len(found):
                    found = part
            if not found:
                return
            yield found
            offset += len(found)

    def _drop(self, offset: int) -> None:
        self.nbytes -= len(self._held.pop(offset))
        self._age.remove(offset)
        self._starts.remove(offset)


def coalesced(ranges: Sequence[tuple[int, int]], gap: int, part: int) -> list[tuple[int, int]]:
    """Join ranges (offset, length) that lie at most `gap` apart, then cut what is longer than `part`."""
    joined: list[list[int]] = []
    for offset, length in sorted(ranges):
        if length <= 0:
            continue
        if joined and offset - joined[-1][1] <= gap:
            joined[-1][1] = max(joined[-1][1], offset + length)
        else:
            joined.append([offset, offset + length])
    return [(at, min(part, end - at)) for start, end in joined for at in range(start, end, part)]
