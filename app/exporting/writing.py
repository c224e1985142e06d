"""Writing pieces to disk: ranges by the kernel, in order, beside the goal first."""

import os
import shutil
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol, runtime_checkable

from app.errors import KeygraftError, LimitError, RefusedError
from app.exporting.piece import Checksum, Computed, Directory, EntryStart, Literal, OutputFile, PieceList, Range
from app.exporting.stored_checksums import StoredChecksums
from app.exporting.torch_zip import central_directory, descriptor
from app.mapping.outcomes import Leaf, Recipe
from app.sources import ByteSource, FileSet

CHUNK = 8 << 20
STEP = 64 << 20
"""Bytes between two reports of progress, so that a cancel is heard at once."""

Compute = Callable[[Recipe], memoryview]
Progress = Callable[[int], None]


@runtime_checkable
class HasDescriptor(Protocol):
    """A source with a file of this machine behind it."""

    def fileno(self) -> int:
        """Return an open descriptor."""
        ...


class WriteError(KeygraftError):
    """An output that could not be written."""


class NoSpaceError(LimitError):
    """The disk is too small; said before the first byte."""


def write(
    pieces: PieceList,
    files: Mapping[str, FileSet],
    out: Path,
    *,
    compute: Compute | None = None,
    progress: Progress | None = None,
) -> list[Path]:
    """Write a remapped checkpoint and return its files, the index last.

    out      -- the file, or the folder where there are several
    files    -- source name -> the files that the pieces' ranges point into
    compute  -- makes the bytes of a recipe; see `app.tensors`
    progress -- is told the bytes written since the last call; what it raises cancels and leaves nothing behind

    Each file appears under its name when it is whole. RefusedError `bytes_not_here` for files that are lent, NoSpaceError
    `disk_full` before anything is written, WriteError `write_failed`.
    """
    single = len(pieces.files) == 1 and not out.is_dir()
    folder = out.parent if single else out
    folder.mkdir(parents=True, exist_ok=True)
    _check_sources(pieces, files)
    free = shutil.disk_usage(folder).free
    if pieces.size > free:
        raise NoSpaceError("disk_full", needed=pieces.size, free=free, folder=folder.name)
    partial: list[tuple[Path, Path]] = []
    try:
        for file in pieces.files:
            goal = out if single else folder / file.name
            beside = goal.with_name(f".{goal.name}.{os.getpid()}.partial")
            partial.append((beside, goal))
            write_file(file, files, beside, compute=compute, progress=progress)
        for beside, goal in partial:
            beside.replace(goal)
        _sync_folder(folder)
    except BaseException:
        for beside, _ in partial:
            beside.unlink(missing_ok=True)
        raise
    return [goal for _, goal in partial]


def _check_sources(pieces: PieceList, files: Mapping[str, FileSet]) -> None:
    for source, name in pieces.sources:
        if source not in files or name not in files[source].names():
            raise RefusedError("bytes_not_here", file=name)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_file(
    file: OutputFile,
    files: Mapping[str, FileSet],
    path: Path,
    *,
    compute: Compute | None = None,
    progress: Progress | None = None,
) -> None:
    """Write one file and bring it to the disk; WriteError `write_failed` names the system's reason."""
    try:
        with path.open("wb", buffering=0) as out:
            _Writer(out.fileno(), files, compute or _cannot, progress or _silent).write(file)
            os.fsync(out.fileno())
    except OSError as error:
        raise WriteError("write_failed", file=path.name, reason=os.strerror(error.errno or 0)) from error


def _cannot(recipe: Recipe) -> memoryview:
    key = recipe.key if isinstance(recipe, Leaf) else recipe.op
    raise WriteError("nothing_computes", key=key)


def _silent(written: int) -> None:
    del written


class _Writer:
    """Writes the pieces of one file, one after another."""

    def __init__(self, out: int, files: Mapping[str, FileSet], compute: Compute, progress: Progress) -> None:
        self._out = out
        self._files = files
        self._compute = compute
        self._progress = progress
        self._known = StoredChecksums()
        self._entry: list[Range] | None = None
        self._summed = False
        self._crc = 0
        self._checksums: list[int] = []

    def write(self, file: OutputFile) -> None:
        """Write all pieces."""
        summed = any(isinstance(piece, Checksum) for piece in file.pieces)
        for index, piece in enumerate(file.pieces):
            match piece:
                case Range():
                    known = summed and self._reused(file, index)
                    self._range(piece, summed=summed and not known)
                case Literal(data):
                    self._bytes(data, summed=summed)
                case Computed(_, recipe):
                    self._bytes(self._compute(recipe), summed=summed)
                case EntryStart(data):
                    self._bytes(data, summed=False)
                    self._crc = 0
                case Checksum(size):
                    self._checksums.append(self._crc)
                    self._bytes(descriptor(self._crc, size), summed=False)
                case Directory(entries, start):
                    self._bytes(central_directory(entries, start, self._checksums), summed=False)

    def _reused(self, file: OutputFile, index: int) -> bool:
        """Take the CRC of an entry that is one whole entry of the source from its directory."""
        piece = file.pieces[index]
        alone = isinstance(file.pieces[index - 1], EntryStart) and isinstance(file.pieces[index + 1], Checksum)
        if not alone or not isinstance(piece, Range):
            return False
        found = self._known.find(self._files[piece.source].open(piece.file), piece.source, piece.offset, piece.length)
        if found is not None:
            self._crc = found
        return found is not None

    def _bytes(self, data: bytes | memoryview, *, summed: bool) -> None:
        if summed:
            self._crc = zlib.crc32(data, self._crc)
        rest = memoryview(data)
        while rest:
            count = os.write(self._out, rest[:STEP])
            self._progress(count)
            rest = rest[count:]

    def _range(self, piece: Range, *, summed: bool) -> None:
        source = self._files[piece.source].open(piece.file)
        if piece.offset + piece.length > source.size:
            raise WriteError("source_changed", file=piece.file)
        if not summed and isinstance(source, HasDescriptor):
            self._by_kernel(source.fileno(), piece)
            return
        self._by_hand(source, piece, summed=summed)

    def _by_kernel(self, descriptor_: int, piece: Range) -> None:
        """Let the kernel copy: by reference where the file system can, else without passing through this process."""
        offset, rest = piece.offset, piece.length
        copy = _copy_file_range
        while rest:
            try:
                count = copy(descriptor_, self._out, offset, min(rest, STEP))
            except OSError:
                if copy is _sendfile:
                    raise
                copy = _sendfile
                continue
            if not count:
                raise WriteError("source_changed", file=piece.file)
            self._progress(count)
            offset += count
            rest -= count

    def _by_hand(self, source: ByteSource, piece: Range, *, summed: bool) -> None:
        offset, rest = piece.offset, piece.length
        while rest:
            data = source.read_at(offset, min(rest, CHUNK))
            if not data:
                raise WriteError("source_changed", file=piece.file)
            self._bytes(data, summed=summed)
            offset += len(data)
            rest -= len(data)


def _copy_file_range(source: int, out: int, offset: int, count: int) -> int:
    return os.copy_file_range(source, out, count, offset)


def _sendfile(source: int, out: int, offset: int, count: int) -> int:
    return os.sendfile(out, source, offset, count)
