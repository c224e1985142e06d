"""Files of this machine: one file, or a folder with what a checkpoint keeps beside each other."""

import os
import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path

from app.errors import KeygraftError, NotFoundError

MAX_FILES = 20_000
_INDEX_SUFFIX = ".index.json"
_BESIDE = frozenset({".metadata"})
"""Names that are one part of a checkpoint whose others lie in the same folder."""


class LocalFile:
    """A regular file, opened at the first read and closed with the object."""

    def __init__(self, path: Path, name: str) -> None:
        self.name = name
        self.bytes_read = 0
        self._path = path
        self._descriptor: int | None = None
        try:
            self.size = path.stat().st_size
        except OSError as error:
            raise _unreadable(name, error) from error

    def read_at(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`; fewer only at the end of the file."""
        parts = []
        try:
            while length > 0 and (part := os.pread(self._open(), length, offset)):
                parts.append(part)
                offset += len(part)
                length -= len(part)
        except OSError as error:
            raise _unreadable(self.name, error) from error
        found = parts[0] if len(parts) == 1 else b"".join(parts)
        self.bytes_read += len(found)
        return found

    def want(self, ranges: Sequence[tuple[int, int]]) -> None:
        """Everything is here."""

    def fileno(self) -> int:
        """Return the open descriptor, for copies that the kernel makes."""
        return self._open()

    def _open(self) -> int:
        if self._descriptor is None:
            self._descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
            weakref.finalize(self, os.close, self._descriptor)
        return self._descriptor


def _unreadable(name: str, error: OSError) -> KeygraftError:
    if isinstance(error, FileNotFoundError):
        return NotFoundError("file_not_found", file=name)
    return KeygraftError("file_unreadable", file=name, reason=os.strerror(error.errno or 0))


class LocalFiles:
    """The checkpoint at a path.

    A folder stands for the files in it and in its subfolders; an index (`*.index.json`, `.metadata`) for itself and its neighbours;
    any other file for itself alone.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._opened: dict[str, LocalFile] = {}
        if not self.path.exists():
            raise NotFoundError("file_not_found", file=self.path.name or str(self.path))
        if self.path.is_dir():
            self._root, self._names = self.path, tuple(_listed(self.path, deep=True))
        elif self.path.is_file():
            self._root = self.path.parent
            self._names = self._of_file()
        else:
            raise KeygraftError("file_unreadable", file=self.path.name, reason="not a regular file")

    def names(self) -> Sequence[str]:
        """Names of all files, relative to the folder."""
        return self._names

    def open(self, name: str) -> LocalFile:
        """Return the file of this name."""
        if name not in self._opened:
            self._opened[name] = LocalFile(self._root / name, name)
        return self._opened[name]

    def _of_file(self) -> tuple[str, ...]:
        own = self.path.name
        if own in _BESIDE or own.endswith(_INDEX_SUFFIX):
            return (own, *(name for name in _listed(self._root, deep=False) if name != own))
        return (own,)


def _listed(folder: Path, *, deep: bool) -> Iterator[str]:
    count = 0
    for path in sorted(folder.iterdir()):
        if path.is_file():
            yield path.name
            count += 1
        elif deep and path.is_dir() and not path.name.startswith("."):
            for name in _listed(path, deep=False):
                yield f"{path.name}/{name}"
                count += 1
        if count > MAX_FILES:
            raise KeygraftError("folder_too_large", folder=folder.name, limit=MAX_FILES)
