"""Queries over attempts to sign in that have not succeeded; counted here, so that every replica counts the same."""

from datetime import datetime

from sqlalchemy import func, select

from app.store.database import Transaction
from app.store.people_tables import attempts


def add(tx: Transaction, login: str, address: str, at: datetime) -> int:
    """Keep an attempt; return its number."""
    key = tx.execute(attempts.insert().values(login=login, address=address, at=at)).inserted_primary_key
    return int(key[0]) if key is not None else 0


def of_login(tx: Transaction, login: str, since: datetime) -> int:
    """How many there were for an account."""
    return int(tx.execute(select(func.count()).where(attempts.c.login == login, attempts.c.at > since)).scalar_one())


def of_address(tx: Transaction, address: str, since: datetime) -> int:
    """How many there were from an address."""
    return int(tx.execute(select(func.count()).where(attempts.c.address == address, attempts.c.at > since)).scalar_one())


def forgive(tx: Transaction, attempt: int) -> None:
    """Forget one: it succeeded."""
    tx.execute(attempts.delete().where(attempts.c.id == attempt))


def forget_login(tx: Transaction, login: str) -> None:
    """Forget those for an account: its person has signed in, or was given a new link."""
    tx.execute(attempts.delete().where(attempts.c.login == login))


def drop_before(tx: Transaction, at: datetime) -> None:
    """Forget what is too old to count."""
    tx.execute(attempts.delete().where(attempts.c.at <= at))
