"""Queries over the log of what was done; there is none that changes it."""

from sqlalchemy import Select, select

from app.store.database import Transaction
from app.store.people_rows import NewRecord, RecordRow
from app.store.people_tables import audit
from app.store.values import columns


def add(tx: Transaction, record: NewRecord) -> None:
    """Write down what was done."""
    tx.execute(audit.insert().values(**columns(record)))


def listed(
    tx: Transaction, *, transfer: str = "", person: str = "", what: str = "", before: int | None = None, limit: int = 100
) -> list[RecordRow]:
    """What was done, the newest first; `before` goes on from a record, `what` is a word or its beginning up to a dot."""
    query = _chosen(transfer, person, what).order_by(audit.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(audit.c.id < before)
    return [RecordRow(**row) for row in tx.execute(query).mappings()]


def after(tx: Transaction, record: int, *, transfer: str = "", person: str = "", what: str = "", limit: int = 1000) -> list[RecordRow]:
    """What was done after a record, the oldest first."""
    query = _chosen(transfer, person, what).where(audit.c.id > record).order_by(audit.c.id).limit(limit)
    return [RecordRow(**row) for row in tx.execute(query).mappings()]


def _chosen(transfer: str, person: str, what: str) -> Select[tuple[object, ...]]:
    query: Select[tuple[object, ...]] = select(audit)
    if transfer:
        query = query.where(audit.c.transfer == transfer)
    if person:
        query = query.where(audit.c.person == person)
    if what:
        query = query.where(audit.c.what.startswith(what, autoescape=True))
    return query
