"""Queries over verdicts, who was asked for one, what was looked at, and what an approval takes."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select

from app.store.database import Transaction
from app.store.rows import VerdictRow
from app.store.tables import review_terms, reviewers, verdicts, viewed


def add_verdict(tx: Transaction, row: VerdictRow) -> None:
    """Keep a verdict; those before it stay."""
    tx.execute(verdicts.insert().values(**{name: getattr(row, name) for name in row.__struct_fields__}))


def verdicts_of(tx: Transaction, transfer: str) -> list[VerdictRow]:
    """Every verdict, the oldest first."""
    names = [verdicts.c[name] for name in VerdictRow.__struct_fields__]
    query = select(*names).where(verdicts.c.transfer == transfer).order_by(verdicts.c.id)
    return [VerdictRow(**row) for row in tx.execute(query).mappings()]


def verdicts_of_all(tx: Transaction, ids: Collection[str]) -> dict[str, list[VerdictRow]]:
    """Every verdict on several transfers, the oldest first; only of those on which there is one."""
    names = [verdicts.c[name] for name in VerdictRow.__struct_fields__]
    found: dict[str, list[VerdictRow]] = {}
    for row in tx.execute(select(*names).where(verdicts.c.transfer.in_(ids)).order_by(verdicts.c.id)).mappings():
        found.setdefault(row["transfer"], []).append(VerdictRow(**row))
    return found


def asked_of_all(tx: Transaction, ids: Collection[str]) -> dict[str, set[str]]:
    """Who was asked about several transfers; only of those about which anybody was."""
    found: dict[str, set[str]] = {}
    for row in tx.execute(select(reviewers.c.transfer, reviewers.c.person).where(reviewers.c.transfer.in_(ids))):
        found.setdefault(row.transfer, set()).add(row.person)
    return found


def refused(tx: Transaction) -> set[str]:
    """Transfers that somebody wanted changes of, at any time."""
    return set(tx.execute(select(verdicts.c.transfer).where(verdicts.c.verdict == "request_changes").distinct()).scalars())


def ask(tx: Transaction, transfer: str, person: str, by: str, at: datetime) -> None:
    """Ask a person for a verdict; asked twice is asked once."""
    if person not in asked(tx, transfer):
        tx.execute(reviewers.insert().values(transfer=transfer, person=person, asked_by=by, at=at))


def unask(tx: Transaction, transfer: str, person: str) -> None:
    """Ask no more."""
    tx.execute(reviewers.delete().where(reviewers.c.transfer == transfer, reviewers.c.person == person))


def asked(tx: Transaction, transfer: str) -> dict[str, datetime]:
    """Who was asked, and when."""
    query = select(reviewers.c.person, reviewers.c.at).where(reviewers.c.transfer == transfer).order_by(reviewers.c.at)
    return {row.person: row.at for row in tx.execute(query)}


def asked_of(tx: Transaction, person: str) -> dict[str, datetime]:
    """Transfers for which a person was asked, and when."""
    query = select(reviewers.c.transfer, reviewers.c.at).where(reviewers.c.person == person).order_by(reviewers.c.at)
    return {row.transfer: row.at for row in tx.execute(query)}


def view(tx: Transaction, transfer: str, person: str, change: str, at: datetime) -> None:
    """Note that a person has looked at a change."""
    if change not in seen(tx, transfer, person):
        tx.execute(viewed.insert().values(transfer=transfer, person=person, change=change, at=at))


def unview(tx: Transaction, transfer: str, person: str, change: str) -> None:
    """Take the tick away."""
    tx.execute(viewed.delete().where(viewed.c.transfer == transfer, viewed.c.person == person, viewed.c.change == change))


def seen(tx: Transaction, transfer: str, person: str) -> set[str]:
    """Changes that a person has looked at."""
    return set(tx.execute(select(viewed.c.change).where(viewed.c.transfer == transfer, viewed.c.person == person)).scalars())


def terms(tx: Transaction, transfer: str) -> tuple[int, bytes] | None:
    """What an approval takes: how many, and which checks; None where nobody set it for this transfer."""
    found = tx.execute(select(review_terms).where(review_terms.c.transfer == transfer)).first()
    return None if found is None else (found.approvals, found.checks)


def set_terms(tx: Transaction, transfer: str, approvals: int, checks: bytes) -> None:
    """Set what an approval takes."""
    tx.execute(review_terms.delete().where(review_terms.c.transfer == transfer))
    tx.execute(review_terms.insert().values(transfer=transfer, approvals=approvals, checks=checks))
