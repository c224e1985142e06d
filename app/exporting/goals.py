"""What may stand where an output goes: nothing, or an older file; never a source, a device, or half of another set of shards."""

import os
import re
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path

from app.errors import RefusedError
from app.sources import FileSet

_SHARD = re.compile(r"(?P<stem>.+)-[0-9]{5}-of-[0-9]{5}(?P<suffix>\.[a-z]+)\Z")


def check_goals(goals: Sequence[Path], files: Mapping[str, FileSet]) -> None:
    """RefusedError `goal_is_source`, `goal_not_file`, `goal_among_shards`; nothing was touched."""
    known = {identity for each in files.values() for name in each.names() if (identity := _identity_of(each, name)) is not None}
    for goal in goals:
        try:
            found = goal.stat()
        except OSError:  # nothing there, or a link that leads nowhere
            continue
        if (found.st_dev, found.st_ino) in known:
            raise RefusedError("goal_is_source", file=goal.name)
        if not stat.S_ISREG(found.st_mode):
            raise RefusedError("goal_not_file", file=goal.name)
    if len(goals) > 1:
        _check_shards(goals)


def _identity_of(files: FileSet, name: str) -> tuple[int, int] | None:
    """Which file of this machine a source is; None where it is none."""
    descriptor = getattr(files.open(name), "fileno", None)
    if descriptor is None:
        return None
    found = os.fstat(descriptor())
    return found.st_dev, found.st_ino


def _check_shards(goals: Sequence[Path]) -> None:
    """Refuse a folder that would then hold the shards of two outputs: who reads all of it would get both."""
    ours = {goal.name for goal in goals}
    stems = {match[1] for name in ours if (match := _SHARD.match(name))}
    strange = sorted(
        path.name
        for path in (goals[0].parent.iterdir() if goals[0].parent.is_dir() else ())
        if path.name not in ours and (match := _SHARD.match(path.name)) and match["stem"] in stems
    )
    if strange:
        raise RefusedError("goal_among_shards", folder=goals[0].parent.name, file=strange[0], count=len(strange))
