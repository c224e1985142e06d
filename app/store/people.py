"""Who does things. In single-user mode there is one person, made at first start."""

from datetime import datetime

from sqlalchemy import select

from app.store.database import Transaction
from app.store.tables import people

LOCAL = "local"
"""Id of the one person of single-user mode."""


def ensure(tx: Transaction, person: str, name: str, at: datetime) -> None:
    """Add the person where missing."""
    if tx.execute(select(people.c.id).where(people.c.id == person)).first() is None:
        tx.execute(people.insert().values(id=person, name=name, created=at))


def name_of(tx: Transaction, person: str) -> str | None:
    """The person's name."""
    found = tx.execute(select(people.c.name).where(people.c.id == person)).first()
    return None if found is None else str(found.name)


def names(tx: Transaction) -> dict[str, str]:
    """Every person's name by id."""
    return {row.id: row.name for row in tx.execute(select(people.c.id, people.c.name))}
