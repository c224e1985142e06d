"""Where many transfers stand, for a list: without opening each, but where a check that an approval takes can only be asked of an opened one."""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from app.mapping.outcomes import clean
from app.services import judging, requirements, reviewing, workspaces
from app.services.house import House
from app.services.judging import State, Terms
from app.store import Transaction, TransferRow, VerdictRow, reviews
from app.store import edits as stored


class Mark(msgspec.Struct, frozen=True):
    """Where a review stands; `waits`: somebody who was asked has not decided about the newest version."""

    state: State
    waits: bool


class _Known(msgspec.Struct, frozen=True):
    """What the database says about one transfer."""

    row: TransferRow
    verdicts: Sequence[VerdictRow]
    asked: frozenset[str]
    terms: Terms
    writers: Mapping[int, str]


def marks(house: House, rows: Sequence[TransferRow], *, by: str) -> dict[str, Mark]:
    """Where transfers stand of which somebody decided something, or was asked to; of the others there is nothing to say."""
    with house.database.read() as tx:
        known = _known(house, tx, rows)
    return {each.row.id: _mark(house, each, by) for each in known}


def _known(house: House, tx: Transaction, rows: Sequence[TransferRow]) -> list[_Known]:
    ids = [row.id for row in rows]
    said, asked = reviews.verdicts_of_all(tx, ids), reviews.asked_of_all(tx, ids)
    return [
        _Known(
            row,
            said.get(row.id, ()),
            frozenset(asked.get(row.id, ())),
            reviewing.terms_of(house, tx, row.id),
            stored.writers(tx, row.id) if row.id in said else {},
        )
        for row in rows
        if row.id in said or row.id in asked
    ]


def _mark(house: House, known: _Known, by: str) -> Mark:
    decided = judging.latest(known.verdicts)
    waits = any(judging.waits(decided, person, known.row.version) for person in known.asked)
    found = judging.judge(known.verdicts, known.writers, known.terms, known.row.version, {}, _held(house, known, by))
    return Mark(found.state, waits)


def _held(house: House, known: _Known, by: str) -> Callable[[], bool]:
    def held() -> bool:
        names, totals = known.terms.checks, workspaces.summary_of(known.row)
        if "coverage" in names and totals and not clean(totals):
            return False
        if totals and set(names) <= {"coverage"}:
            return True
        workspace = workspaces.open_workspace(house, known.row.id, by=by)
        return all(check.holds for check in requirements.checks(house, workspace, names))

    return held
