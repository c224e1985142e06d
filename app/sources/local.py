"""Files of this machine: one file, or a folder with what a checkpoint keeps beside each other."""

import errno
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from operator import attrgetter
from pathlib import Path

from app.errors import KeygraftError, NotFoundError

MAX_FILES = 20_000
_ABSENT = frozenset({errno.ENOENT, errno.ENOTDIR, errno.EBADF, errno.ELOOP})
_INDEX_SUFFIX = ".index.json"
_BESIDE = frozenset({".metadata"})
"""Names that are one part of a checkpoint whose others lie in the same folder."""


class LocalFile:
    """A regular file, opened at the first read and closed with the object."""

    def __init__(self, path: str | os.PathLike[str], name: str, size: int | None = None) -> None:
        self.name = name
        self.bytes_read = 0
        self._path = path
        self._descriptor: int | None = None
        try:
            self.size = os.stat(path).st_size if size is None else size  # noqa: PTH116 -- asked of a thousand shards
        except OSError as error:
            raise _unreadable(name, error) from error

    def __del__(self, close: Callable[[int], None] = os.close) -> None:
        if self._descriptor is not None:
            close(self._descriptor)

    def read_at(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`; fewer only at the end of the file."""
        if length <= 0:
            return b""
        try:
            file = self._open() if self._descriptor is None else self._descriptor
            found = os.pread(file, length, offset)
            while 0 < len(found) < length and (part := os.pread(file, length - len(found), offset + len(found))):
                found += part
        except OSError as error:
            raise _unreadable(self.name, error) from error
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
        self.path = path if isinstance(path, Path) else Path(path)
        self._opened: dict[str, LocalFile] = {}
        self._odd: dict[str, str] = {}
        try:
            found = os.stat(self.path)  # noqa: PTH116 -- once for each file that is read
        except (OSError, ValueError) as error:
            if isinstance(error, OSError) and error.errno not in _ABSENT:
                raise _unreadable(shown_name(self.path), error) from error
            raise NotFoundError("file_not_found", file=shown_name(self.path)) from error
        if stat.S_ISDIR(found.st_mode):
            self._root, self._names = str(self.path), self._of_folder(self.path, deep=True)
        elif stat.S_ISREG(found.st_mode):
            own = shown_name(self.path)
            self._root = os.path.dirname(self.path)  # noqa: PTH120 -- as above
            self._opened[own] = LocalFile(self.path, own, found.st_size)
            self._names = self._of_file()
        else:
            raise KeygraftError("file_unreadable", file=shown_name(self.path), reason="not a regular file")

    def names(self) -> Sequence[str]:
        """Names of all files, relative to the folder."""
        return self._names

    def open(self, name: str) -> LocalFile:
        """Return the file of this name."""
        if name not in self._opened:
            self._opened[name] = LocalFile(self.path_of(name), name)
        return self._opened[name]

    def path_of(self, name: str) -> str:
        """Where the file of this name lies."""
        return os.path.join(self._root, self._odd.get(name, name))  # noqa: PTH118 -- asked of a thousand shards

    def _of_file(self) -> tuple[str, ...]:
        own = shown_name(self.path)
        if own in _BESIDE or own.endswith(_INDEX_SUFFIX):
            return (own, *(name for name in self._of_folder(self.path.parent, deep=False) if name != own))
        return (own,)

    def _of_folder(self, folder: Path, *, deep: bool) -> tuple[str, ...]:
        """Names of the files in a folder, as they are shown."""
        try:
            names = list(_listed(folder, deep=deep))
        except OSError as error:
            raise _unreadable(shown_name(folder), error) from error
        self._odd = {_shown(name): name for name in names if not name.isascii() and _shown(name) != name}
        return tuple(map(_shown, names)) if self._odd else tuple(names)


def shown_name(path: Path) -> str:
    """Return what a file is called, as text: names need be none on every system."""
    return _shown(path.name or str(path))


def _shown(name: str) -> str:
    return name if name.isascii() else os.fsencode(name).decode("utf-8", "backslashreplace")


def _listed(folder: Path, *, deep: bool) -> Iterator[str]:
    count = 0
    with os.scandir(folder) as scanned:
        found = sorted(scanned, key=attrgetter("name"))
    for each in found:
        if _is(each.is_file):
            yield each.name
            count += 1
        elif deep and _is(partial(each.is_dir, follow_symlinks=False)) and not each.name.startswith("."):
            for name in _listed(folder / each.name, deep=False):
                yield f"{each.name}/{name}"
                count += 1
        if count > MAX_FILES:
            raise KeygraftError("folder_too_large", folder=shown_name(folder), limit=MAX_FILES)


def _is(asked: Callable[[], bool]) -> bool:
    """Ask what something in a folder is; links that lead nowhere or in circles are nothing."""
    try:
        return asked()
    except OSError:
        return False
