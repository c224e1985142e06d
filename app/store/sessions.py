"""Queries over browsers that are signed in."""

from datetime import datetime

from sqlalchemy import select

from app.store.database import Transaction
from app.store.people_rows import SessionRow
from app.store.people_tables import sessions
from app.store.values import columns


def add(tx: Transaction, row: SessionRow) -> None:
    """Keep a new session."""
    tx.execute(sessions.insert().values(**columns(row)))


def by_digest(tx: Transaction, digest: str) -> SessionRow | None:
    """The session of a cookie."""
    found = tx.execute(select(sessions).where(sessions.c.digest == digest)).mappings().first()
    return None if found is None else SessionRow(**found)


def of_person(tx: Transaction, person: str) -> list[SessionRow]:
    """Where somebody is signed in, the latest first."""
    query = select(sessions).where(sessions.c.person == person).order_by(sessions.c.seen.desc())
    return [SessionRow(**row) for row in tx.execute(query).mappings()]


def seen(tx: Transaction, session: str, at: datetime) -> None:
    """Note that it was used."""
    tx.execute(sessions.update().where(sessions.c.id == session).values(seen=at))


def end(tx: Transaction, session: str, person: str) -> bool:
    """End a session of a person; False where they have no such."""
    return tx.execute(sessions.delete().where(sessions.c.id == session, sessions.c.person == person)).rowcount > 0


def end_digest(tx: Transaction, digest: str) -> None:
    """End the session of a cookie, where there is one."""
    tx.execute(sessions.delete().where(sessions.c.digest == digest))


def end_all(tx: Transaction, person: str, but: str = "") -> int:
    """End every session of a person but one; return how many went."""
    return tx.execute(sessions.delete().where(sessions.c.person == person, sessions.c.id != but)).rowcount


def drop_expired(tx: Transaction, at: datetime) -> None:
    """Forget those that have run out."""
    tx.execute(sessions.delete().where(sessions.c.expires <= at))
