"""Sources whose bytes can be read here."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from app.errors import ConflictError
from app.keys import KeyTree
from app.services import remote, sidebook, sides
from app.services.house import House
from app.services.sidebook import Given
from app.sources import FileSet, LocalFiles


def opened(house: House, sources: Mapping[str, str], trees: Mapping[str, KeyTree], open_ones: ExitStack) -> dict[str, FileSet]:
    """Open each source's files; what is remote is closed with `open_ones`.

    sources -- source name -> side
    trees   -- source name -> the tree that was read of it
    Raises ConflictError where a file is no longer what was read, or the secret part of an address was forgotten.
    """
    return {name: _opened(house, side, trees[name], open_ones) for name, side in sources.items()}


def check(house: House, sources: Mapping[str, str]) -> None:
    """Look whether files of this machine are still those that were read, without opening them. Raises ConflictError."""
    for side in sources.values():
        given = _given(house, side)
        if given.kind != "remote":
            _local(given)


def _given(house: House, side: str) -> Given:
    with house.database.read() as tx:
        return sidebook.given_of(sidebook.row_of(tx, side))


def _opened(house: House, side: str, tree: KeyTree, open_ones: ExitStack) -> FileSet:
    with house.database.read() as tx:
        row = sidebook.row_of(tx, side)
    given, author = sidebook.given_of(row), row.author
    if given.kind == "remote":
        files = open_ones.enter_context(remote.opened(house.settings, remote.address_of(house, side, given), alone=house.alone, by=author))
        remote.unchanged(house, files, given, tree)
        return files
    return LocalFiles(_local(given))


def _local(given: Given) -> Path:
    path = Path(given.path)
    if not path.exists() or (given.stamp is not None and sides.stamp_of(path) != given.stamp):
        raise ConflictError("source_changed", file=given.label)
    return path
