"""The folders of one job: its source, which it may read, and its scratch, which it may write."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Self


class JobFolder:
    """`source/` and `scratch/` under a name that nobody can guess; gone when the `with` ends."""

    def __init__(self, base: Path, files: Mapping[str, bytes]) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="job-", dir=base))
        self.source, self.scratch = self.root / "source", self.root / "scratch"
        try:
            for folder in (self.root, self.source):
                folder.mkdir(exist_ok=True)
                folder.chmod(0o755)
            self.scratch.mkdir(mode=0o700)
            for name, content in files.items():
                self._write(PurePosixPath(name), content)
        except BaseException:
            self.remove()
            raise

    def _write(self, name: PurePosixPath, content: bytes) -> None:
        """Write one source file; its name was checked where the upload was read, and is checked again."""
        if name.is_absolute() or ".." in name.parts or not name.parts:
            raise ValueError(str(name))
        folder = self.source
        for part in name.parts[:-1]:
            folder /= part
            if not folder.is_dir():
                folder.mkdir(mode=0o755)
                folder.chmod(0o755)
        path = folder / name.name
        path.write_bytes(content)
        path.chmod(0o644)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    def remove(self) -> None:
        """Delete everything, whatever modes the job's own folders have."""
        shutil.rmtree(self.root, onerror=_insist)


def _insist(_function: object, path: str, _: object) -> None:
    with contextlib.suppress(OSError):
        Path(path).parent.chmod(0o700)
        if Path(path).is_dir() and not Path(path).is_symlink():
            Path(path).chmod(0o700)
            shutil.rmtree(path, ignore_errors=True)
        else:
            Path(path).unlink()


def used(folder: Path, pid: int) -> tuple[int, int]:
    """Bytes and entries below a folder, and in files that process `pid` holds open though they have no name. Follows no link."""
    size = entries = 0
    pending = [folder]
    while pending:
        with contextlib.suppress(OSError), os.scandir(pending.pop()) as listing:
            for entry in listing:
                entries += 1
                with contextlib.suppress(OSError):
                    size += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(Path(entry.path))
    return size + _nameless(pid), entries


def _nameless(pid: int) -> int:
    size = 0
    with contextlib.suppress(OSError):
        for handle in os.scandir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                stat = handle.stat()
                if stat.st_nlink == 0:
                    size += stat.st_blocks * 512
    return size
