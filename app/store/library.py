"""Queries over the library: approved plans, found by the architectures of their sides."""

from sqlalchemy import RowMapping, Select, func, select

from app.store.database import Transaction
from app.store.rows import LibraryRow
from app.store.tables import library, library_uses


def _query() -> Select[tuple[object, ...]]:
    used = select(func.count()).where(library_uses.c.entry == library.c.id).scalar_subquery()
    return select(library, used.label("used"))


def find(tx: Transaction, architectures: str) -> LibraryRow | None:
    """The plan approved for these architectures."""
    found = tx.execute(_query().where(library.c.architectures == architectures)).mappings().first()
    return None if found is None else _row(found)


def any_kept(tx: Transaction) -> bool:
    """Whether there is any plan."""
    return tx.execute(select(library.c.id).limit(1)).first() is not None


def listed(tx: Transaction, *, limit: int = 500) -> list[LibraryRow]:
    """The most lately approved first."""
    return [_row(row) for row in tx.execute(_query().order_by(library.c.changed.desc(), library.c.id).limit(limit)).mappings()]


def _row(values: RowMapping) -> LibraryRow:
    return LibraryRow(**values)


def keep(tx: Transaction, row: LibraryRow) -> None:
    """Keep a plan in place of the one that was approved for the same architectures; its name, first day and uses stay."""
    known = find(tx, row.architectures)
    if known is None:
        values = {name: getattr(row, name) for name in row.__struct_fields__ if name != "used"}
        tx.execute(library.insert().values(**values))
    else:
        changed = {"title": row.title, "plan": row.plan, "approved": row.approved, "keys": row.keys, "changed": row.changed}
        tx.execute(library.update().where(library.c.id == known.id).values(**changed))


def use(tx: Transaction, architectures: str, transfer: str) -> None:
    """Count a transfer that the plan served, once."""
    entry = tx.execute(select(library.c.id).where(library.c.architectures == architectures)).scalar()
    there = select(library_uses.c.entry).where(library_uses.c.entry == entry, library_uses.c.transfer == transfer)
    if entry is not None and tx.execute(there).first() is None:
        tx.execute(library_uses.insert().values(entry=entry, transfer=transfer))


def delete(tx: Transaction, entry: str) -> bool:
    """Forget a plan; whether it was there."""
    return tx.execute(library.delete().where(library.c.id == entry)).rowcount > 0
