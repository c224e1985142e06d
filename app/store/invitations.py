"""Queries over invitations."""

from datetime import datetime

from sqlalchemy import select

from app.store.database import Transaction
from app.store.people_rows import InvitationRow
from app.store.people_tables import invitations
from app.store.values import columns


def add(tx: Transaction, row: InvitationRow) -> None:
    """Keep a new invitation."""
    tx.execute(invitations.insert().values(**columns(row)))


def by_digest(tx: Transaction, digest: str, at: datetime) -> InvitationRow | None:
    """The invitation of a link, while it holds."""
    open_ = invitations.c.used.is_(None) & invitations.c.revoked.is_(None) & (invitations.c.expires > at)
    found = tx.execute(select(invitations).where(invitations.c.digest == digest, open_)).mappings().first()
    return None if found is None else InvitationRow(**found)


def use(tx: Transaction, invitation: str, at: datetime) -> bool:
    """Use it up; False where somebody was faster, or it no longer holds."""
    open_ = invitations.c.used.is_(None) & invitations.c.revoked.is_(None) & (invitations.c.expires > at)
    return tx.execute(invitations.update().where(invitations.c.id == invitation, open_).values(used=at)).rowcount > 0


def listed(tx: Transaction, at: datetime) -> list[InvitationRow]:
    """Invitations that still hold, the newest first."""
    open_ = invitations.c.used.is_(None) & invitations.c.revoked.is_(None) & (invitations.c.expires > at)
    return [InvitationRow(**row) for row in tx.execute(select(invitations).where(open_).order_by(invitations.c.created.desc())).mappings()]


def revoke(tx: Transaction, invitation: str, at: datetime) -> bool:
    """Take it back; False where there is none that could be."""
    mine = (invitations.c.id == invitation) & invitations.c.used.is_(None) & invitations.c.revoked.is_(None)
    return tx.execute(invitations.update().where(mine).values(revoked=at)).rowcount > 0


def revoke_of(tx: Transaction, person: str, at: datetime) -> None:
    """Take back the links that would set a person's password."""
    mine = (invitations.c.person == person) & invitations.c.used.is_(None) & invitations.c.revoked.is_(None)
    tx.execute(invitations.update().where(mine).values(revoked=at))
