"""Files that appear under their names when they are whole. Until then they have no name at all: a crash leaves nothing."""

import os
from pathlib import Path
from types import TracebackType
from typing import Self

_DESCRIPTORS = "/proc/self/fd"
_NAMELESS: int = getattr(os, "O_TMPFILE", 0)


class Appearing:
    """A file in the making; leaving the `with` without `appear` forgets it.

    On file systems that know no nameless files it is called `.NAME.PID.partial` meanwhile.
    """

    def __init__(self, goal: Path, *, nameless: bool = True) -> None:
        self.goal = goal
        self._beside = goal.with_name(f".{goal.name}.{os.getpid()}.partial")
        self._named = False
        self._descriptor = self._opened(nameless=nameless)

    def _opened(self, *, nameless: bool) -> int:
        flags = os.O_WRONLY | os.O_CLOEXEC
        if nameless and _NAMELESS and Path(_DESCRIPTORS).is_dir():
            try:
                return os.open(self.goal.parent, flags | _NAMELESS, 0o666)
            except OSError:  # the file system knows none, or nothing may be written here: the next call says which
                pass
        self._named = True
        return os.open(self._beside, flags | os.O_CREAT | os.O_TRUNC, 0o666)

    def fileno(self) -> int:
        """Return the open descriptor."""
        return self._descriptor

    def sync(self) -> None:
        """Bring the bytes to the disk; a file that has a name already is closed."""
        os.fsync(self._descriptor)
        if self._named:
            self._close()

    def appear(self) -> None:
        """Take the place of what stood under the name; readers see the old file or the new one."""
        if not self._named:
            self._beside.unlink(missing_ok=True)
            # Python follows the link of /proc only where it is given a descriptor, which an absolute path makes meaningless.
            os.link(f"{_DESCRIPTORS}/{self._descriptor}", self._beside, src_dir_fd=self._descriptor, follow_symlinks=True)
            self._named = True
        self._beside.replace(self.goal)
        self._named = False

    def forget(self) -> None:
        """Close it; what did not appear is gone."""
        self._close()
        if self._named:
            self._beside.unlink(missing_ok=True)
            self._named = False

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.forget()


def sync_folder(folder: Path) -> None:
    """Bring the names of a folder to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
