"""What all verdicts together come to. Pure: rows in, a state out; what it costs to ask (the checks) is asked last, and only where it decides."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

import msgspec

from app.services.house import LOCAL
from app.store import VerdictRow

Decision = Literal["approve", "request_changes", "comment"]
State = Literal["open", "changes_requested", "approved", "stale"]


class Terms(msgspec.Struct, frozen=True):
    """What an approval takes: how many persons, and which checks must hold."""

    approvals: int
    checks: tuple[str, ...]


class Verdict(msgspec.Struct, frozen=True):
    """What a person decided, about which version. `stale`: the transfer was edited since. `counts`: towards the approvals that are needed."""

    person: str
    name: str
    verdict: Decision
    version: int
    body: str
    at: datetime
    stale: bool
    counts: bool


class Judged(NamedTuple):
    """What it comes to; `approved`: the newest version that had all approvals it takes, `missing`: approvals that are still needed."""

    state: State
    approved: int | None
    missing: int
    verdicts: tuple[Verdict, ...]


def judge(
    rows: Sequence[VerdictRow], writers: Mapping[int, str], terms: Terms, version: int, names: Mapping[str, str], held: Callable[[], bool]
) -> Judged:
    """Judge all verdicts on a transfer.

    rows    -- every verdict, the oldest first
    writers -- who wrote which version
    version -- the newest one
    held    -- whether every check of the terms holds
    """
    approved = _approved(rows, writers, terms)
    told = tuple(_verdict(row, names, version, writers, approved) for row in latest(rows).values())
    giving = sum(1 for each in told if each.counts and not each.stale)
    return Judged(_state(told, approved, giving, terms, held), approved, max(0, terms.approvals - giving), told)


def latest(rows: Sequence[VerdictRow]) -> dict[str, VerdictRow]:
    """Each person's last decision; words alone take no decision back."""
    return {row.author: row for row in rows if row.verdict != "comment"}


def waits(decided: Mapping[str, VerdictRow], person: str, version: int) -> bool:
    """Whether who was asked has not decided about this version."""
    return person not in decided or decided[person].version != version


def _verdict(row: VerdictRow, names: Mapping[str, str], version: int, writers: Mapping[int, str], approved: int | None) -> Verdict:
    counts = row.verdict == "approve" and _second(row, writers, approved if approved != row.version else None)
    decision: Decision = "approve" if row.verdict == "approve" else "request_changes"
    return Verdict(row.author, names.get(row.author, row.author), decision, row.version, row.body, row.at, row.version != version, counts)


def _second(row: VerdictRow, writers: Mapping[int, str], approved: int | None) -> bool:
    """Whether somebody else wrote what this person approved."""
    since = approved or 0
    return row.author == LOCAL or row.author not in {author for version, author in writers.items() if since < version <= row.version}


def _approved(rows: Sequence[VerdictRow], writers: Mapping[int, str], terms: Terms) -> int | None:
    """The newest version that as many as it takes approved, while nobody wanted changes on it."""
    found: int | None = None
    for version in sorted({row.version for row in rows if row.verdict == "approve"}):
        decided = latest([row for row in rows if row.version == version])
        giving = [row for row in decided.values() if row.verdict == "approve" and _second(row, writers, found)]
        refusing = [row for row in decided.values() if row.verdict == "request_changes"]
        if giving and len(giving) >= terms.approvals and not refusing:
            found = version
    return found


def _state(told: Sequence[Verdict], approved: int | None, giving: int, terms: Terms, held: Callable[[], bool]) -> State:
    if any(each.verdict == "request_changes" for each in told):
        return "changes_requested"
    if giving >= terms.approvals and (giving or not terms.approvals) and held():
        return "approved"
    return "stale" if approved is not None and not giving else "open"
