"""The log of what was done: who, when, what, to which transfer. It only grows: the database itself refuses changes.

What happens is told here once; whoever wants to hear of it elsewhere one day (a webhook, a mail) listens here.
"""

import csv
import io
from collections.abc import Iterator
from datetime import datetime

import msgspec

from app import messages
from app.services.house import LOCAL, House, now
from app.services.plain import plain
from app.store import Transaction, people
from app.store import audit as stored
from app.store.people_rows import NewRecord, RecordRow

PAGE = 100
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_WORDS = 300
About = str | int | float | bool


class Record(msgspec.Struct, frozen=True):
    """Something that was done. `what` is `<thing>.<deed>`, `about` says more, `said` says it in words."""

    id: int
    at: datetime
    person: str
    name: str
    what: str
    transfer: str
    version: int | None
    about: dict[str, About]
    said: str


def record(
    tx: Transaction, by: str, what: str, *, transfer: str = "", version: int | None = None, at: datetime | None = None, **about: About
) -> None:
    """Write down what somebody does, in the transaction that does it: both are kept, or neither.

    what  -- `<thing>.<deed>`, with a sentence `audit-<thing>-<deed>` in the catalogue
    about -- what else is worth knowing; never a secret
    """
    cut = {name: plain(value, _WORDS) if isinstance(value, str) else value for name, value in about.items()}
    name = messages.text("person-machine") if by == LOCAL else people.name_of(tx, by) or by
    stored.add(tx, NewRecord(at or now(), by, name, what, transfer, version, msgspec.json.encode(cut)))


def note(house: House, by: str, what: str, *, transfer: str = "", version: int | None = None, **about: About) -> None:
    """Write down what was done where nothing of it is kept in the database: an export, a refusal."""
    with house.database.write() as tx:
        record(tx, by, what, transfer=transfer, version=version, at=house.clock(), **about)


def listed(
    house: House, *, transfer: str = "", person: str = "", what: str = "", before: int | None = None, limit: int = PAGE
) -> tuple[Record, ...]:
    """What was done, the newest first; chosen by transfer, by person, by what it was (`token`, or `token.made`)."""
    with house.database.read() as tx:
        rows = stored.listed(tx, transfer=transfer, person=person, what=what, before=before, limit=limit)
    return tuple(map(_record, rows))


def _record(row: RecordRow) -> Record:
    about: dict[str, About] = msgspec.json.decode(row.about)
    return Record(row.id, row.at, row.person, row.name, row.what, row.transfer, row.version, about, _said(row, about))


def _said(row: RecordRow, about: dict[str, About]) -> str:
    name = "audit-" + row.what.replace(".", "-")
    if not messages.has(name):
        return row.what
    try:
        return messages.text(name, messages.DEFAULT_LANGUAGE, None, version=row.version or 0, **about)
    except ValueError:  # written by a version of the program that told less
        return row.what


def every(house: House, *, transfer: str = "", person: str = "", what: str = "") -> Iterator[Record]:
    """All of it, the oldest first, for taking away; read piece by piece, so that a slow taker holds nothing open."""
    last = 0
    while True:
        with house.database.read() as tx:
            rows = stored.after(tx, last, transfer=transfer, person=person, what=what)
        if not rows:
            return
        yield from map(_record, rows)
        last = rows[-1].id


def as_lines(records: Iterator[Record]) -> Iterator[bytes]:
    """JSON, one record a line."""
    for each in records:
        yield msgspec.json.encode(each) + b"\n"


COLUMNS = ("id", "at", "person", "name", "what", "transfer", "version", "said", "about")


def as_table(records: Iterator[Record]) -> Iterator[bytes]:
    """CSV that a spreadsheet may open: what it would take for a formula begins with an apostrophe."""
    yield _row(COLUMNS)
    for each in records:
        about = msgspec.json.encode(each.about).decode()
        version = "" if each.version is None else str(each.version)
        yield _row((str(each.id), each.at.isoformat(), each.person, each.name, each.what, each.transfer, version, each.said, about))


def _row(cells: tuple[str, ...]) -> bytes:
    written = io.StringIO()
    csv.writer(written).writerow([_cell(cell) for cell in cells])
    return written.getvalue().encode("utf-8", "replace")


def _cell(text: str) -> str:
    return "'" + text if text.lstrip(" ").startswith(_FORMULA) else text
