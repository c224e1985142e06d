"""Browsers that are signed in. The cookie holds a word that says nothing; what it opens stands in the database and can be ended there."""

from datetime import datetime, timedelta

import msgspec

from app.errors import NotFoundError
from app.services import audit, calling, passes
from app.services.house import House, new_id
from app.services.plain import plain
from app.store import SessionRow, Transaction
from app.store import sessions as stored

NOTED = timedelta(minutes=5)
"""How exactly is kept when something was used last."""


class Session(msgspec.Struct, frozen=True):
    """Where a person is signed in."""

    id: str
    created: datetime
    seen: datetime
    expires: datetime
    agent: str
    address: str


def begin(house: House, tx: Transaction, person: str, *, instead_of: str = "", agent: str = "", address: str = "") -> str:
    """Begin a session and return its word. One that the browser brought ends: whoever set it beforehand holds nothing."""
    word, digest = passes.new()
    at = house.clock()
    if instead_of:
        stored.end_digest(tx, passes.digest(instead_of))
    stored.drop_expired(tx, at)
    ends = at + timedelta(days=house.settings.session_days)
    stored.add(tx, SessionRow(new_id(), digest, person, at, ends, at, plain(agent, 200), plain(address, 64)))
    return word


def listed(house: House, person: str) -> tuple[Session, ...]:
    """Where somebody is signed in, the latest first."""
    at = house.clock()
    with house.database.read() as tx:
        rows = stored.of_person(tx, person)
    return tuple(Session(row.id, row.created, row.seen, row.expires, row.agent, row.address) for row in rows if row.expires > at)


def end(house: House, session: str, by: str) -> None:
    """Sign a browser out. Raises NotFoundError where the person has no such session."""
    with house.database.write() as tx:
        if not stored.end(tx, session, by):
            raise NotFoundError("session_not_found")
        audit.record(tx, by, "session.ended")
    calling.rights_changed(house)


def end_others(house: House, by: str, session: str) -> int:
    """Sign every other browser of a person out; return how many."""
    with house.database.write() as tx:
        ended = stored.end_all(tx, by, but=session)
        if ended:
            audit.record(tx, by, "session.ended")
    calling.rights_changed(house)
    return ended
