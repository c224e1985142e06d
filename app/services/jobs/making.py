"""Makes a remapped checkpoint in parts, from nothing but what was asked: runs in the process of a job."""

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

import msgspec

from app import exporting, mapping
from app.exporting import PieceList
from app.exporting.parts import check_space, drop_partials, is_whole, write_part
from app.exporting.writing import Compute
from app.keys import KeyTree
from app.mapping import Evaluation, Plan
from app.services import held, sidebook
from app.services.export_options import file_options, is_signed
from app.services.house import House
from app.services.jobs.asking_torch import ask_first
from app.services.jobs.cards import JobFile, Result, Spec
from app.services.jobs.child import Outline
from app.sources import FileSet

APPROVAL = "approval_text"
"""Option of a job that holds the approval's document."""
ENTRY = "keygraft.approval"
"""Name of its entry in a file's metadata."""


class FileMaker:
    """Writes each file of a remapped checkpoint as one part.

    checked -- torch has been asked already

    Its pieces follow from the job alone, so that another process finds the same parts.
    """

    def __init__(self, house: House, spec: Spec, folder: Path, *, checked: bool = False) -> None:
        self._house, self._spec, self._checked = house, spec, checked
        trees = {name: sidebook.tree_of(house, digest) for name, (_, digest) in spec.sources.items()}
        self._folder = folder
        self._open = ExitStack()
        self._files: dict[str, FileSet] = held.opened(house, {name: side for name, (side, _) in spec.sources.items()}, trees, self._open)
        self._pieces = _pieces(house, spec, trees, self._files)
        self._compute: Compute | None = exporting.computing(trees, self._files) if self._pieces.computed else None

    def prepare(self) -> Outline:
        """Say how large the files are; NoSpaceError before the first byte."""
        self._folder.mkdir(parents=True, exist_ok=True)
        drop_partials(self._folder)
        check_space(self._pieces, self._folder)
        files = self._pieces.files
        return Outline(tuple(file.size for file in files), tuple(is_whole(file, self._folder / file.name) for file in files))

    def part(self, number: int, tell: Callable[[int], None]) -> None:
        """Write one file; before the first, torch is asked. DisagreementError where it says something else than we do."""
        if number == 0 and not self._checked:
            ask_first(self._house, self._spec)
        file = self._pieces.files[number]
        write_part(file, self._files, self._folder / file.name, compute=self._compute, progress=tell)

    def finish(self) -> Result:
        """Bring the folder to the disk, and name the files."""
        sync(self._folder)
        self._open.close()
        return Result(tuple(JobFile(file.name, file.size) for file in self._pieces.files))


def sync(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _pieces(house: House, spec: Spec, trees: dict[str, KeyTree], files: dict[str, FileSet]) -> PieceList:
    plan = mapping.plan_from_json(spec.plan.encode("utf-8", "surrogatepass"))
    target = sidebook.tree_of(house, spec.target[1])
    return pieces_of(spec, mapping.evaluate(plan, trees, target), trees, target, plan, files)


def pieces_of(
    spec: Spec,
    evaluation: Evaluation,
    trees: Mapping[str, KeyTree],
    target: KeyTree,
    plan: Plan,
    files: Mapping[str, FileSet] | None = None,
) -> PieceList:
    """What the files of a job consist of. Raises KeygraftError.

    files -- source name -> its files, which are hashed where their provenance is to be told; None for a look beforehand
    """
    options = file_options(spec.what, spec.options)
    if is_signed(spec.options):
        options = msgspec.structs.replace(options, metadata=exporting.provenance(plan, trees, target, files))
    if spec.options.get(APPROVAL):
        options = msgspec.structs.replace(options, metadata={**options.metadata, ENTRY: spec.options[APPROVAL]})
    return named(exporting.pieces(evaluation, trees, target, options, plan), spec.filename)


def named(pieces: PieceList, filename: str) -> PieceList:
    """Give a single file the name that it leaves under; shards keep those that loaders look for."""
    if len(pieces.files) != 1 or not filename:
        return pieces
    return msgspec.structs.replace(pieces, files=(msgspec.structs.replace(pieces.files[0], name=filename),))
