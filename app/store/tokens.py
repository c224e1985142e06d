"""Queries over API tokens."""

from datetime import datetime

from sqlalchemy import select

from app.store.database import Transaction
from app.store.people_rows import TokenRow
from app.store.people_tables import api_tokens
from app.store.values import columns


def add(tx: Transaction, row: TokenRow) -> None:
    """Keep a new token."""
    tx.execute(api_tokens.insert().values(**columns(row)))


def by_digest(tx: Transaction, digest: str) -> TokenRow | None:
    """The token that has this digest."""
    found = tx.execute(select(api_tokens).where(api_tokens.c.digest == digest)).mappings().first()
    return None if found is None else TokenRow(**found)


def of_person(tx: Transaction, person: str) -> list[TokenRow]:
    """Tokens of a person that are not revoked, the newest first."""
    query = select(api_tokens).where(api_tokens.c.person == person, api_tokens.c.revoked.is_(None))
    return [TokenRow(**row) for row in tx.execute(query.order_by(api_tokens.c.created.desc())).mappings()]


def used(tx: Transaction, token: str, at: datetime) -> None:
    """Note that it was used."""
    tx.execute(api_tokens.update().where(api_tokens.c.id == token).values(used=at))


def revoke(tx: Transaction, token: str, person: str, at: datetime) -> bool:
    """End a token of a person; False where they have no such."""
    mine = (api_tokens.c.id == token) & (api_tokens.c.person == person) & api_tokens.c.revoked.is_(None)
    return tx.execute(api_tokens.update().where(mine).values(revoked=at)).rowcount > 0


def revoke_all(tx: Transaction, person: str, at: datetime) -> None:
    """End every token of a person."""
    tx.execute(api_tokens.update().where(api_tokens.c.person == person, api_tokens.c.revoked.is_(None)).values(revoked=at))
