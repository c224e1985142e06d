"""Compares the tensors of both sides of a transfer: runs in the process of a job."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import msgspec

from app.exporting.fingerprints import bytes_of, compare
from app.mapping.claims import Proposal
from app.services import held, sidebook
from app.services.house import House
from app.services.jobs.cards import JobFile, Result, Spec
from app.services.jobs.child import Outline
from app.services.jobs.making import sync

FOUND = "found.json"
"""Name of the file that keeps what was found: target key -> proposal."""


class ValueMaker:
    """Reads every float tensor of both sides once, as one part."""

    def __init__(self, house: House, spec: Spec, folder: Path) -> None:
        self._trees = {name: sidebook.tree_of(house, digest) for name, (_, digest) in spec.sources.items()}
        self._target = sidebook.tree_of(house, spec.target[1])
        self._folder = folder
        self._open = ExitStack()
        self._files = held.opened(house, {name: side for name, (side, _) in spec.sources.items()}, self._trees, self._open)
        self._target_files = held.opened(house, {"": spec.target[0]}, {"": self._target}, self._open)[""]

    def prepare(self) -> Outline:
        """Say how much there is to read."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return Outline((bytes_of(*self._trees.values(), self._target),), ((self._folder / FOUND).is_file(),))

    def part(self, number: int, tell: Callable[[int], None]) -> None:  # noqa: ARG002 -- there is one
        """Compare, and keep what was found."""
        found = compare(self._trees, self._files, self._target, self._target_files, progress=tell)
        partial = self._folder / (FOUND + ".partial")
        partial.write_bytes(msgspec.json.encode(found))
        partial.replace(self._folder / FOUND)

    def finish(self) -> Result:
        """Name the file, and say how much was found."""
        sync(self._folder)
        self._open.close()
        path = self._folder / FOUND
        return Result((JobFile(FOUND, path.stat().st_size),), msgspec.Raw(msgspec.json.encode({"found": len(read(path))})))


def read(path: Path) -> dict[str, Proposal]:
    """Read what a comparison found."""
    return msgspec.json.decode(path.read_bytes(), type=dict[str, Proposal])
