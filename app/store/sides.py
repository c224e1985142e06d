"""Queries over sides."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import exists, or_, select

from app.store.database import Transaction
from app.store.rows import SideRow
from app.store.tables import former_sides, sides, transfer_sources, transfers

_USED = or_(
    exists().where(transfer_sources.c.side == sides.c.id),
    exists().where(transfers.c.target == sides.c.id),
    exists().where(former_sides.c.side == sides.c.id),
)


def add(tx: Transaction, row: SideRow) -> None:
    """Keep a new side."""
    tx.execute(sides.insert().values(**_values(row)))


def replace(tx: Transaction, row: SideRow) -> None:
    """Write a side's state, spec, card and tree anew; it stays its author's."""
    values = {name: value for name, value in _values(row).items() if name != "author"}
    tx.execute(sides.update().where(sides.c.id == row.id).values(**values))


def _values(row: SideRow) -> dict[str, object]:
    return {name: getattr(row, name) for name in row.__struct_fields__}


def find(tx: Transaction, side: str) -> SideRow | None:
    """One side."""
    found = tx.execute(select(sides).where(sides.c.id == side)).mappings().first()
    return None if found is None else SideRow(**found)


def several(tx: Transaction, ids: Iterable[str]) -> dict[str, SideRow]:
    """Sides by id."""
    rows = tx.execute(select(sides).where(sides.c.id.in_(set(ids)))).mappings()
    return {row["id"]: SideRow(**row) for row in rows}


def understood(tx: Transaction, ids: Iterable[str]) -> dict[str, tuple[bytes, str | None]]:
    """Card and tree of sides by id, without what was given: that may be a text of megabytes, and this is asked with every gesture."""
    rows = tx.execute(select(sides.c.id, sides.c.card, sides.c.tree).where(sides.c.id.in_(set(ids))))
    return {row.id: (row.card, row.tree) for row in rows}


def unused_before(tx: Transaction, moment: datetime) -> list[str]:
    """Sides that were given before a moment and that no transfer uses."""
    return [row.id for row in tx.execute(select(sides.c.id).where(sides.c.created < moment, ~_USED))]


def drop_unused(tx: Transaction, ids: Iterable[str]) -> list[str]:
    """Delete those of the sides that no transfer uses; return their ids."""
    free = [row.id for row in tx.execute(select(sides.c.id).where(sides.c.id.in_(set(ids)), ~_USED))]
    tx.execute(sides.delete().where(sides.c.id.in_(free)))
    return free
