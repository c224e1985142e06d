"""Files that lie in memory."""

from collections.abc import Mapping, Sequence


class MemoryFile:
    """Bytes under a name."""

    def __init__(self, name: str, data: bytes) -> None:
        self.name = name
        self.size = len(data)
        self.bytes_read = 0
        self._data = data

    def read_at(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`; fewer only at the end."""
        if offset < 0 or length < 0:
            raise ValueError((offset, length))
        found = self._data[offset : offset + length]
        self.bytes_read += len(found)
        return found

    def want(self, ranges: Sequence[tuple[int, int]]) -> None:
        """Everything is here."""


class MemoryFiles:
    """A set of files in memory."""

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        self._files = {name: MemoryFile(name, data) for name, data in contents.items()}

    def names(self) -> Sequence[str]:
        """Names of all files."""
        return tuple(self._files)

    def open(self, name: str) -> MemoryFile:
        """Return the file of this name."""
        return self._files[name]


class Inflated(MemoryFile):
    """Bytes that were computed and lie in no file."""
