"""Queries over links that open one transfer for reading."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select

from app.store.database import Transaction
from app.store.people_rows import LinkRow
from app.store.people_tables import share_links
from app.store.values import columns


def add(tx: Transaction, row: LinkRow) -> None:
    """Keep a new link."""
    tx.execute(share_links.insert().values(**columns(row)))


def open_ones(tx: Transaction, digests: Iterable[str], at: datetime) -> list[LinkRow]:
    """Those of the links that hold."""
    holds = share_links.c.revoked.is_(None) & (share_links.c.expires > at)
    rows = tx.execute(select(share_links).where(share_links.c.digest.in_(set(digests)), holds)).mappings()
    return [LinkRow(**row) for row in rows]


def of_transfer(tx: Transaction, transfer: str, at: datetime) -> list[LinkRow]:
    """Links to a transfer that hold, the newest first."""
    holds = share_links.c.revoked.is_(None) & (share_links.c.expires > at)
    query = select(share_links).where(share_links.c.transfer == transfer, holds).order_by(share_links.c.created.desc())
    return [LinkRow(**row) for row in tx.execute(query).mappings()]


def used(tx: Transaction, link: str, at: datetime) -> None:
    """Note that it was opened."""
    tx.execute(share_links.update().where(share_links.c.id == link).values(used=at))


def revoke(tx: Transaction, transfer: str, link: str, at: datetime) -> bool:
    """End a link of a transfer; False where it has no such."""
    mine = (share_links.c.id == link) & (share_links.c.transfer == transfer) & share_links.c.revoked.is_(None)
    return tx.execute(share_links.update().where(mine).values(revoked=at)).rowcount > 0
