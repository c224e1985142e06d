"""`keygraft apply`: a plan file, a checkpoint, a remapped checkpoint; no server, no database."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from app import readers
from app.exporting.computing import computing
from app.exporting.content import ExportError
from app.exporting.options import FileOptions
from app.exporting.piece import PieceList
from app.exporting.remapped import pieces
from app.exporting.writing import Progress, write
from app.keys import KeyTree, parse_token
from app.mapping import Evaluation, Plan, evaluate, thaw, unmet
from app.sources import FileSet

_CONTAINERS: dict[str, Literal["safetensors", "torch"]] = {
    ".safetensors": "safetensors",
    ".pt": "torch",
    ".pth": "torch",
    ".bin": "torch",
    ".ckpt": "torch",
}


class Applied(msgspec.Struct, frozen=True):
    """What was written.

    files    -- the output, the index last
    changed  -- names of sources that are not exactly what the plan was made for
    """

    files: tuple[Path, ...]
    pieces: PieceList
    evaluation: Evaluation
    changed: tuple[str, ...]


def apply(
    plan: Plan,
    files: Mapping[str, FileSet],
    out: Path,
    *,
    target: KeyTree | None = None,
    options: FileOptions | None = None,
    strict: bool = True,
    progress: Progress | None = None,
) -> Applied:
    """Remap a checkpoint by a plan.

    files  -- source name -> its files; "" where there is one
    out    -- file whose suffix says the format, or a folder for shards
    target -- the model's tree; None takes the one that is frozen in the plan
    strict -- refuse while a target key is missing, mismatched or conflicting that no rule allows

    ExportError `plan_without_target`, `source_missing`, `apply_incomplete`; besides what reading, `pieces` and `write` raise.
    """
    if target is None:
        if not plan.target:
            raise ExportError("plan_without_target")
        target = thaw(plan)
    trees = {name: _tree(plan, name, own) for name, own in _named(plan, files).items()}
    evaluation = evaluate(plan, trees, target)
    if strict and not evaluation.clean:
        lacking = [key for key, outcome in evaluation.targets.items() if outcome.state in _OPEN and not outcome.benign]
        raise ExportError("apply_incomplete", count=len(lacking), key=lacking[0])
    made = pieces(evaluation, trees, target, _with_container(options or FileOptions(), out), plan)
    named = _named(plan, files)
    written = write(made, named, out, compute=computing(trees, named) if made.computed else None, progress=progress)
    return Applied(tuple(written), made, evaluation, tuple(unmet(plan, trees)))


_OPEN = frozenset({"missing", "mismatched", "conflicting"})


def _named(plan: Plan, files: Mapping[str, FileSet]) -> dict[str, FileSet]:
    """Give the only source the name that the plan knows it by."""
    if len(files) == 1 and len(plan.sources) == 1:
        return {next(iter(plan.sources)): next(iter(files.values()))}
    for name in plan.sources:
        if name not in files:
            raise ExportError("source_missing", name=name)
    return dict(files)


def _tree(plan: Plan, name: str, files: FileSet) -> KeyTree:
    """Read a source where the plan expects its tensors; its principal tree where the plan does not say."""
    expected = plan.sources.get(name)
    if expected is None:
        return readers.read(files)
    return readers.read(files, nesting=tuple(parse_token(token) for token in expected.nesting))


def _with_container(options: FileOptions, out: Path) -> FileOptions:
    """Take the format from the suffix of the output."""
    return msgspec.structs.replace(options, container=_CONTAINERS.get(out.suffix, options.container))
