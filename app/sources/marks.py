"""By what a lent file is known again: its size, and a hash of what was read of it. The page's own script makes the same (`intake/marks.js`)."""

from hashlib import sha256

import msgspec

from app.sources.lent import RangeStore


class Mark(msgspec.Struct, frozen=True):
    """Ranges (offset, length) of a file that were read, in order, and the SHA-256 of their SHA-256s, hexadecimal."""

    name: str
    ranges: tuple[tuple[int, int], ...]
    digest: str


def marks(store: RangeStore) -> tuple[Mark, ...]:
    """Return the mark of each file of which something is held."""
    found: dict[str, list[tuple[int, int]]] = {}
    digests: dict[str, bytes] = {}
    for each in store.ranges():
        data = store.get(each.file, each.offset, each.length) or b""
        found.setdefault(each.file, []).append((each.offset, each.length))
        digests[each.file] = digests.get(each.file, b"") + sha256(data).digest()
    return tuple(Mark(name, tuple(ranges), sha256(digests[name]).hexdigest()) for name, ranges in found.items())
