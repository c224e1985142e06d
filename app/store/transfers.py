"""Queries over transfers and their named sources."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import RowMapping, select

from app.store.database import Transaction
from app.store.rows import TransferRow
from app.store.tables import decisions, former_sides, transfer_sources, transfers


def add(tx: Transaction, row: TransferRow) -> None:
    """Keep a new transfer with its sources."""
    values = {name: getattr(row, name) for name in row.__struct_fields__ if name != "sources"}
    tx.execute(transfers.insert().values(**values))
    for position, (name, side) in enumerate(row.sources.items()):
        tx.execute(transfer_sources.insert().values(transfer=row.id, name=name, position=position, side=side))


def find(tx: Transaction, transfer: str) -> TransferRow | None:
    """One transfer."""
    found = tx.execute(select(transfers).where(transfers.c.id == transfer)).mappings().first()
    return None if found is None else _row(found, _sources(tx, [transfer]))


def listed(tx: Transaction, *, archived: bool, limit: int = 500) -> list[TransferRow]:
    """The most lately changed first."""
    query = select(transfers).where(transfers.c.archived == archived).order_by(transfers.c.changed.desc(), transfers.c.id).limit(limit)
    found = list(tx.execute(query).mappings())
    sources = _sources(tx, [row["id"] for row in found])
    return [_row(row, sources) for row in found]


def several(tx: Transaction, ids: list[str]) -> list[TransferRow]:
    """Transfers by id, in that order."""
    known = {row["id"]: row for row in tx.execute(select(transfers).where(transfers.c.id.in_(ids))).mappings()}
    sources = _sources(tx, list(known))
    return [_row(known[one], sources) for one in ids if one in known]


def of_example(tx: Transaction, author: str) -> TransferRow | None:
    """The example that a person has already."""
    mine = transfers.c.example & ~transfers.c.archived & (transfers.c.author == author)
    query = select(transfers.c.id).where(mine).order_by(transfers.c.created).limit(1)
    found = tx.execute(query).first()
    return None if found is None else find(tx, found.id)


def _sources(tx: Transaction, ids: list[str]) -> dict[str, dict[str, str]]:
    out: dict[str, dict[str, str]] = {one: {} for one in ids}
    query = (
        select(transfer_sources)
        .where(transfer_sources.c.transfer.in_(ids))
        .order_by(transfer_sources.c.transfer, transfer_sources.c.position)
    )
    for row in tx.execute(query):
        out[row.transfer][row.name] = row.side
    return out


def _row(values: RowMapping, sources: Mapping[str, dict[str, str]]) -> TransferRow:
    return TransferRow(**values, sources=sources[values["id"]])


def set_title(tx: Transaction, transfer: str, title: str) -> None:
    """Rename."""
    tx.execute(transfers.update().where(transfers.c.id == transfer).values(title=title))


def set_archived(tx: Transaction, transfer: str, archived: bool) -> None:
    """Put away, or bring back."""
    tx.execute(transfers.update().where(transfers.c.id == transfer).values(archived=archived))


def set_summary(tx: Transaction, transfer: str, version: int, summary: bytes) -> None:
    """Keep what the home page shows of an evaluation; only while it is of the newest version."""
    tx.execute(transfers.update().where(transfers.c.id == transfer, transfers.c.version == version).values(summary=summary))


def advance(tx: Transaction, transfer: str, version: int, plan: bytes, at: datetime) -> None:
    """Move on to the next version's plan."""
    tx.execute(transfers.update().where(transfers.c.id == transfer).values(version=version, plan=plan, changed=at, summary=None))


def place(tx: Transaction, row: TransferRow) -> None:
    """Write which sides a transfer has."""
    tx.execute(transfers.update().where(transfers.c.id == row.id).values(target=row.target))
    for name, side in row.sources.items():
        mine = (transfer_sources.c.transfer == row.id) & (transfer_sources.c.name == name)
        tx.execute(transfer_sources.update().where(mine).values(side=side))


def remember(tx: Transaction, transfer: str, sides: Iterable[str]) -> None:
    """Keep sides for a transfer's history: they have been, or are, its own."""
    known = set(former(tx, transfer))
    for side in dict.fromkeys(sides):
        if side not in known:
            tx.execute(former_sides.insert().values(transfer=transfer, side=side))


def former(tx: Transaction, transfer: str) -> list[str]:
    """Sides that a transfer's history may lead back to."""
    return [row.side for row in tx.execute(select(former_sides.c.side).where(former_sides.c.transfer == transfer))]


def delete(tx: Transaction, transfer: str) -> None:
    """Delete with all its history; its sides stay (see `sides.drop_unused`)."""
    tx.execute(transfers.delete().where(transfers.c.id == transfer))


def rejected(tx: Transaction, transfer: str) -> set[tuple[str, str]]:
    """Proposals that a person refused: (target key, digest of the claim)."""
    query = select(decisions.c.target, decisions.c.claim).where(decisions.c.transfer == transfer, decisions.c.decision == "rejected")
    return {(row.target, row.claim) for row in tx.execute(query)}


def reject(tx: Transaction, transfer: str, version: int, refused: list[tuple[str, str]]) -> None:
    """Remember refused proposals; those known already stay as they are."""
    known = rejected(tx, transfer)
    rows = [
        {"transfer": transfer, "target": target, "claim": claim, "decision": "rejected", "version": version}
        for target, claim in dict.fromkeys(refused)
        if (target, claim) not in known
    ]
    if rows:
        tx.execute(decisions.insert(), rows)


def forget(tx: Transaction, transfer: str, refused: list[tuple[str, str]]) -> None:
    """Take refusals back."""
    for target, claim in refused:
        tx.execute(decisions.delete().where(decisions.c.transfer == transfer, decisions.c.target == target, decisions.c.claim == claim))
