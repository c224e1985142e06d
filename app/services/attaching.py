"""Lent files that come back after a reload: whether they are still those that were read."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from app.errors import KeygraftError, NotFoundError
from app.services import sidebook, sides
from app.services.cards import LentFile, Said
from app.services.house import LOCAL, House
from app.services.plain import plain
from app.sources import Mark

Verdict = Literal["same", "touched", "changed", "missing"]


class Record(msgspec.Struct, frozen=True):
    """By what the files of a side are known again.

    files -- names, sizes and modification times (milliseconds since 1970; 0: not told) as they were announced
    marks -- ranges that were read of each, and their hash; empty while the reading is not finished
    sent  -- bytes that travelled
    """

    side: str
    label: str
    state: str
    files: tuple[LentFile, ...]
    marks: tuple[Mark, ...]
    sent: int


class Back(msgspec.Struct, frozen=True):
    """A file that is given again; `digest` as in `Mark`, empty where it was not worked out."""

    name: str
    size: int
    modified: int = 0
    digest: str = ""


class Attached(msgspec.Struct, frozen=True):
    """Whether the files are still those that were read.

    verdict -- same; touched: written again since, with the same header; changed: another size or header; missing: not all are there
    files   -- those of which that is said
    """

    verdict: Verdict
    files: tuple[str, ...]
    said: Said


def record(house: House, side: str) -> Record:
    """What is known of the files of a side. Raises NotFoundError; KeygraftError `side_not_lent`."""
    with house.database.read() as tx:
        row = sidebook.row_of(tx, side)
    given = sidebook.given_of(row)
    if given.kind != "lent":
        raise KeygraftError("side_not_lent", label=row.label)
    return Record(side, row.label, row.state, given.files, given.marks, given.sent)


def attach(house: House, side: str, files: Sequence[Back], *, again: str = "", by: str = LOCAL) -> Attached:
    """Judge files that are given again.

    again -- a side that the same person had read of them anew: where it has the same tensors in the same places, another hash is no harm. What was read of a
             file may hold values, or checksums of values
    Raises NotFoundError; KeygraftError `side_not_lent`.
    """
    known = record(house, side)
    back = {plain(file.name): file for file in files}
    digests = {} if again and _same_places(house, side, again, by) else {mark.name: mark.digest for mark in known.marks}
    judged: dict[Verdict, list[str]] = {}
    for file in known.files:
        judged.setdefault(_verdict(file, back.get(file.name), digests.get(file.name, "")), []).append(file.name)
    worst: Verdict = next(each for each in _WORST if each in judged)
    named = tuple(judged[worst])
    return Attached(worst, named, Said(f"attach-{worst}", {"file": named[0], "count": len(named)}))


def _same_places(house: House, side: str, again: str, by: str) -> bool:
    with house.database.read() as tx:
        if sidebook.row_of(tx, again).author != by:
            raise NotFoundError("side_not_found", side=again[:40])
    one, other = sides.tree(house, side), sides.tree(house, again)
    sizes = [[(file.name, file.size) for file in tree.files] for tree in (one, other)]
    return one.tensors == other.tensors and sizes[0] == sizes[1]


_WORST: tuple[Verdict, ...] = ("changed", "missing", "touched", "same")


def _verdict(file: LentFile, back: Back | None, digest: str) -> Verdict:
    if back is None:
        return "missing"
    if back.size != file.size or (digest and back.digest and back.digest != digest):
        return "changed"
    touched = file.modified and back.modified and file.modified != back.modified
    unproven = back.digest and not digest
    return "touched" if touched or unproven else "same"
