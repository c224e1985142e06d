"""Queries over the edits of a transfer, and the stored plans between them."""

from sqlalchemy import func, select

from app.store.database import Transaction
from app.store.rows import EditRow, NewEdit, SnapshotRow
from app.store.tables import edits, snapshots


def add(tx: Transaction, edit: NewEdit) -> int:
    """Keep an edit; return its number."""
    values = {name: getattr(edit, name) for name in edit.__struct_fields__}
    result = tx.execute(edits.insert().values(**values, undone=False))
    key = result.inserted_primary_key
    return int(key[0]) if key is not None else 0


def mark(tx: Transaction, edit: int, undone: bool) -> None:
    """Note that an edit has been taken back, or done again."""
    tx.execute(edits.update().where(edits.c.id == edit).values(undone=undone))


def find(tx: Transaction, edit: int) -> EditRow | None:
    """One edit."""
    found = tx.execute(select(edits).where(edits.c.id == edit)).mappings().first()
    return None if found is None else EditRow(**found)


def newest_first(tx: Transaction, transfer: str, *, author: str | None = None, limit: int | None = None) -> list[EditRow]:
    """The edits of a transfer, of one person where asked."""
    query = select(edits).where(edits.c.transfer == transfer).order_by(edits.c.version.desc())
    if author is not None:
        query = query.where(edits.c.author == author)
    return [EditRow(**row) for row in tx.execute(query.limit(limit) if limit else query).mappings()]


def last_done(tx: Transaction, transfer: str, author: str) -> EditRow | None:
    """The person's last step that can be taken back: done, and itself no undo."""
    query = select(edits).where(edits.c.transfer == transfer, edits.c.author == author, ~edits.c.undone, edits.c.kind != "undo")
    found = tx.execute(query.order_by(edits.c.version.desc()).limit(1)).mappings().first()
    return None if found is None else EditRow(**found)


def last_undone(tx: Transaction, transfer: str, author: str) -> EditRow | None:
    """The person's undo that can be redone: none of their own steps came after it."""
    mine = select(edits).where(edits.c.transfer == transfer, edits.c.author == author).order_by(edits.c.version.desc()).limit(1)
    found = tx.execute(mine.where(edits.c.kind == "undo", ~edits.c.undone)).mappings().first()
    newest = tx.execute(mine.where(edits.c.kind.not_in(("undo", "redo")))).mappings().first()
    if found is None or (newest is not None and newest["version"] > found["version"]):
        return None
    return EditRow(**found)


def between(tx: Transaction, transfer: str, after: int, up_to: int) -> list[EditRow]:
    """Edits that lead from version `after` to version `up_to`, in order."""
    query = select(edits).where(edits.c.transfer == transfer, edits.c.version > after, edits.c.version <= up_to).order_by(edits.c.version)
    return [EditRow(**row) for row in tx.execute(query).mappings()]


def writers(tx: Transaction, transfer: str) -> dict[int, str]:
    """Who wrote which version."""
    return {row.version: row.author for row in tx.execute(select(edits.c.version, edits.c.author).where(edits.c.transfer == transfer))}


def keep_snapshot(tx: Transaction, row: SnapshotRow) -> None:
    """Store the plan of a version; a name replaces the one before."""
    here = (snapshots.c.transfer == row.transfer) & (snapshots.c.version == row.version)
    tx.execute(snapshots.delete().where(here))
    tx.execute(snapshots.insert().values(**{name: getattr(row, name) for name in row.__struct_fields__}))


def snapshot_before(tx: Transaction, transfer: str, version: int) -> SnapshotRow | None:
    """The nearest stored plan at or before a version."""
    newest = select(func.max(snapshots.c.version)).where(snapshots.c.transfer == transfer, snapshots.c.version <= version).scalar_subquery()
    found = tx.execute(select(snapshots).where(snapshots.c.transfer == transfer, snapshots.c.version == newest)).mappings().first()
    return None if found is None else SnapshotRow(**found)


def names(tx: Transaction, transfer: str) -> dict[int, str]:
    """Named versions."""
    query = select(snapshots.c.version, snapshots.c.name).where(snapshots.c.transfer == transfer, snapshots.c.name != "")
    return {row.version: row.name for row in tx.execute(query)}
