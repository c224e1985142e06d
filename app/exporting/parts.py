"""Writing a checkpoint in parts, one file each: what is whole stays, whoever wrote it and whatever ended that process."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from app.exporting.piece import OutputFile, PieceList
from app.exporting.writing import Compute, NoSpaceError, Progress, write_file
from app.sources import FileSet


def is_whole(file: OutputFile, goal: Path) -> bool:
    """Whether the part is there; it appears under its name only when it is."""
    return goal.is_file() and goal.stat().st_size == file.size


def check_space(pieces: PieceList, folder: Path) -> None:
    """Refuse before the first byte what the disk cannot hold; parts that are there already count. Raises NoSpaceError `disk_full`."""
    needed = sum(file.size for file in pieces.files if not is_whole(file, folder / file.name))
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise NoSpaceError("disk_full", needed=needed, free=free, folder=folder.name)


def write_part(
    file: OutputFile,
    files: Mapping[str, FileSet],
    goal: Path,
    *,
    compute: Compute | None = None,
    progress: Progress | None = None,
) -> None:
    """Write one file under a name of its own, bring it to the disk, then give it its name; nothing is done where it is whole.

    Raises as `write_file` does; nothing is left behind then.
    """
    if is_whole(file, goal):
        return
    beside = goal.with_name(f".{goal.name}.{os.getpid()}.partial")
    try:
        write_file(file, files, beside, compute=compute, progress=progress)
        beside.replace(goal)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def drop_partials(folder: Path) -> None:
    """Delete what was left by processes that were killed."""
    for path in folder.glob(".*.partial"):
        path.unlink(missing_ok=True)
