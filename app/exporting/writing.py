"""Writing pieces to disk: ranges by the kernel, in order, into files that appear when they are whole."""

import errno
import os
import shutil
import zlib
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol, runtime_checkable

from app.errors import KeygraftError, LimitError, RefusedError
from app.exporting.appearing import Appearing, sync_folder
from app.exporting.goals import check_goals
from app.exporting.kernel import begin_writing_out, reserve
from app.exporting.piece import Checksum, Computed, Directory, EntryStart, Literal, OutputFile, PieceList, Range
from app.exporting.stored_checksums import StoredChecksums
from app.exporting.torch_zip import central_directory, descriptor
from app.mapping.outcomes import Leaf, Recipe
from app.sources import ByteSource, FileSet

CHUNK = 8 << 20
FAR = 16 << 20
"""Bytes asked for at once of a file that is not on this machine: several connections bring them side by side, and nothing keeps them."""
STEP = 16 << 20
"""Bytes between two reports of progress, so that a cancel is heard at once; the disk starts on each such step."""

SMALL = 64 << 10
"""Bytes below which a piece is gathered with its neighbours: a call of the kernel for each costs more than the copy."""

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
    """The disk is too small; said before the first byte is written."""


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
    `disk_full` before anything is written, what `check_goals` refuses, WriteError `write_failed`.
    """
    single = len(pieces.files) == 1 and not out.is_dir()
    folder = out.parent if single else out
    _check_sources(pieces, files)
    goals = [out if single else folder / file.name for file in pieces.files]
    check_goals(goals, files)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _failed(folder, error) from error
    free = shutil.disk_usage(folder).free
    if pieces.size > free:
        raise NoSpaceError("disk_full", needed=pieces.size, free=free, folder=folder.name)
    with ExitStack() as open_ones:
        made = []
        for file, goal in zip(pieces.files, goals, strict=True):
            made.append(open_ones.enter_context(_begun(goal, file.size, nameless=len(goals) <= MOST_NAMELESS)))
            _fill(file, files, made[-1], compute, progress)
        for each in made:
            each.appear()
        sync_folder(folder)
    return goals


MOST_NAMELESS = 200
"""Shards that wait for the others without a name; each of them holds a descriptor."""


def _begun(goal: Path, size: int, *, nameless: bool = True) -> Appearing:
    """Begin a file and claim its place on the disk. WriteError `write_failed`, NoSpaceError `disk_filled`."""
    try:
        made = Appearing(goal, nameless=nameless)
        try:
            reserve(made.fileno(), size)
        except OSError:
            made.forget()
            raise
    except OSError as error:
        raise _failed(goal, error) from error
    return made


def _failed(goal: Path, error: OSError) -> KeygraftError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return NoSpaceError("disk_filled", file=goal.name)
    return WriteError("write_failed", file=goal.name, reason=os.strerror(error.errno or 0))


def _fill(file: OutputFile, files: Mapping[str, FileSet], made: Appearing, compute: Compute | None, progress: Progress | None) -> None:
    """Write the bytes of a file and bring them to the disk. WriteError `write_failed`, NoSpaceError `disk_filled`."""
    try:
        _Writer(made.fileno(), files, compute or _cannot, progress or _silent).write(file)
        made.sync()
    except OSError as error:
        raise _failed(made.goal, error) from error


def _check_sources(pieces: PieceList, files: Mapping[str, FileSet]) -> None:
    for source, name in pieces.sources:
        if source not in files or name not in files[source].names():
            raise RefusedError("bytes_not_here", file=name)


def write_file(
    file: OutputFile,
    files: Mapping[str, FileSet],
    path: Path,
    *,
    compute: Compute | None = None,
    progress: Progress | None = None,
) -> None:
    """Write one file, which appears when it is whole. WriteError `write_failed` names the system's reason, NoSpaceError `disk_filled`."""
    with _begun(path, file.size) as made:
        _fill(file, files, made, compute, progress)
        made.appear()
        sync_folder(path.parent)


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
        self._at = 0
        self._begun = 0
        self._held = bytearray()
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
        self._flush()

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
        self._held += data if len(data) < SMALL else b""
        if len(data) >= SMALL or len(self._held) >= STEP:
            self._flush()
        if len(data) >= SMALL:
            self._out_with(memoryview(data))

    def _flush(self) -> None:
        """Write what small pieces gathered."""
        held, self._held = self._held, bytearray()
        self._out_with(memoryview(held))

    def _out_with(self, rest: memoryview) -> None:
        while rest:
            count = os.write(self._out, rest[:STEP])
            self._wrote(count)
            rest = rest[count:]

    def _wrote(self, count: int) -> None:
        self._at += count
        if self._at - self._begun >= STEP:
            begin_writing_out(self._out, self._begun, self._at - self._begun)
            self._begun = self._at
        self._progress(count)

    def _range(self, piece: Range, *, summed: bool) -> None:
        source = self._files[piece.source].open(piece.file)
        if piece.offset + piece.length > source.size:
            raise WriteError("source_changed", file=piece.file)
        if not summed and piece.length >= SMALL and isinstance(source, HasDescriptor):
            self._flush()
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
            self._wrote(count)
            offset += count
            rest -= count

    def _by_hand(self, source: ByteSource, piece: Range, *, summed: bool) -> None:
        offset, rest = piece.offset, piece.length
        chunk = CHUNK if isinstance(source, HasDescriptor) else FAR
        while rest:
            data = source.read_at(offset, min(rest, chunk))
            if not data:
                raise WriteError("source_changed", file=piece.file)
            self._bytes(data, summed=summed)
            offset += len(data)
            rest -= len(data)


def _copy_file_range(source: int, out: int, offset: int, count: int) -> int:
    return os.copy_file_range(source, out, count, offset)


def _sendfile(source: int, out: int, offset: int, count: int) -> int:
    return os.sendfile(out, source, offset, count)
