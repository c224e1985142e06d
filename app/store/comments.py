"""Queries over comments, and whom they mention."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select

from app.store.database import Transaction
from app.store.rows import CommentRow
from app.store.tables import comments, mentions


def add(tx: Transaction, row: CommentRow, mentioned: Collection[str]) -> None:
    """Keep a comment."""
    tx.execute(comments.insert().values(**{name: getattr(row, name) for name in row.__struct_fields__}))
    _mention(tx, row.id, mentioned)


def find(tx: Transaction, comment: str) -> CommentRow | None:
    """One comment."""
    found = tx.execute(select(comments).where(comments.c.id == comment)).mappings().first()
    return None if found is None else CommentRow(**found)


def of_transfer(tx: Transaction, transfer: str) -> list[CommentRow]:
    """All comments of a transfer, the oldest first."""
    query = select(comments).where(comments.c.transfer == transfer).order_by(comments.c.at, comments.c.id)
    return [CommentRow(**row) for row in tx.execute(query).mappings()]


def talked_about(tx: Transaction) -> set[str]:
    """Transfers with threads that are not resolved."""
    query = select(comments.c.transfer).where(comments.c.id == comments.c.thread, comments.c.resolved_at.is_(None)).distinct()
    return set(tx.execute(query).scalars())


def change(tx: Transaction, comment: str, body: str, at: datetime, mentioned: Collection[str]) -> None:
    """Give a comment another text."""
    tx.execute(comments.update().where(comments.c.id == comment).values(body=body, edited=at))
    tx.execute(mentions.delete().where(mentions.c.comment == comment))
    _mention(tx, comment, mentioned)


def erase(tx: Transaction, comment: str) -> None:
    """Empty a comment; its place in the thread stays."""
    tx.execute(comments.update().where(comments.c.id == comment).values(body="", suggestion=None, deleted=True))
    tx.execute(mentions.delete().where(mentions.c.comment == comment))


def resolve(tx: Transaction, thread: str, by: str | None, at: datetime | None) -> None:
    """Close a thread, or open it again (None)."""
    tx.execute(comments.update().where(comments.c.id == thread).values(resolved_by=by, resolved_at=at))


def mark_applied(tx: Transaction, comment: str, version: int) -> None:
    """Note the version that a suggestion led to."""
    tx.execute(comments.update().where(comments.c.id == comment).values(applied=version))


def mentioning(tx: Transaction, person: str) -> list[CommentRow]:
    """Comments that name a person, the newest first."""
    query = select(comments).join(mentions, mentions.c.comment == comments.c.id).where(mentions.c.person == person)
    return [CommentRow(**row) for row in tx.execute(query.order_by(comments.c.at.desc()).limit(200)).mappings()]


def speakers(tx: Transaction, transfer: str) -> set[str]:
    """Who said something about a transfer, or was named there."""
    named = select(mentions.c.person).join(comments, comments.c.id == mentions.c.comment).where(comments.c.transfer == transfer)
    query = select(comments.c.author).where(comments.c.transfer == transfer).union(named)
    return set(tx.execute(query).scalars())


def _mention(tx: Transaction, comment: str, mentioned: Collection[str]) -> None:
    rows = [{"comment": comment, "person": person} for person in sorted(set(mentioned))]
    if rows:
        tx.execute(mentions.insert(), rows)
