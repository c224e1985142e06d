"""What waits for me: verdicts I was asked for, changes asked of me, comments that name me or speak of my transfers."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Literal

import msgspec

from app.services import judging, roles
from app.services.house import LOCAL, House
from app.store import CommentRow, Transaction, TransferRow, comments, people, reviews, transfers

Kind = Literal["asked", "changes_requested", "mention", "thread"]
_EXCERPT = 160


class Waiting(msgspec.Struct, frozen=True):
    """One thing that waits: of which transfer, since when, from whom, and for a comment its thread and first words."""

    kind: Kind
    transfer: str
    title: str
    at: datetime
    person: str
    name: str
    thread: str = ""
    excerpt: str = ""


def waiting(house: House, *, by: str = LOCAL) -> tuple[Waiting, ...]:
    """Everything that waits for a person, the newest first."""
    with house.database.read() as tx:
        me = roles.person(tx, by)
        talked = {*comments.talked_about(tx), *reviews.refused(tx), *reviews.asked_of(tx, by)}
        seen = [transfer for transfer in talked if roles.in_transfer(tx, me, transfer)]
        rows = {row.id: row for row in transfers.several(tx, seen) if not row.archived}
        names = people.names(tx)
        found = [*_asked(tx, rows, names, by), *_refused(tx, rows, names, by), *_spoken(tx, rows, names, by)]
    return tuple(sorted(found, key=lambda each: each.at, reverse=True))


def _asked(tx: Transaction, rows: Mapping[str, TransferRow], names: Mapping[str, str], by: str) -> Iterator[Waiting]:
    for transfer, at in reviews.asked_of(tx, by).items():
        row = rows.get(transfer)
        if row is not None and not any(each.author == by and each.version == row.version for each in reviews.verdicts_of(tx, transfer)):
            yield Waiting("asked", transfer, row.title, max(at, row.changed), row.author, names.get(row.author, row.author))


def _refused(tx: Transaction, rows: Mapping[str, TransferRow], names: Mapping[str, str], by: str) -> Iterator[Waiting]:
    for row in rows.values():
        if row.author != by:
            continue
        for verdict in judging.latest(reviews.verdicts_of(tx, row.id)).values():
            if verdict.verdict == "request_changes" and verdict.version == row.version:
                name = names.get(verdict.author, verdict.author)
                yield Waiting("changes_requested", row.id, row.title, verdict.at, verdict.author, name, "", _excerpt(verdict.body))


def _spoken(tx: Transaction, rows: Mapping[str, TransferRow], names: Mapping[str, str], by: str) -> Iterator[Waiting]:
    """Open threads whose last word is another's: they name me, I take part in them, or the transfer is mine."""
    naming = {row.id for row in comments.mentioning(tx, by)}
    for transfer in rows.values():
        threads: dict[str, list[CommentRow]] = {}
        for row in comments.of_transfer(tx, transfer.id):
            threads.setdefault(row.thread, []).append(row)
        for thread, said in threads.items():
            last = next((row for row in reversed(said) if not row.deleted), None)
            if last is None or said[0].resolved_at is not None or last.author == by:
                continue
            since = max((at for at, row in enumerate(said) if row.author == by), default=-1)
            named = any(row.id in naming for row in said[since + 1 :])
            if named or since >= 0 or transfer.author == by:
                kind: Kind = "mention" if named else "thread"
                name = names.get(last.author, last.author)
                yield Waiting(kind, transfer.id, transfer.title, last.at, last.author, name, thread, _excerpt(last.body))


def _excerpt(body: str) -> str:
    """The first words, on one line."""
    words = " ".join(body.split())
    return words if len(words) <= _EXCERPT else words[: _EXCERPT - 1] + "…"
