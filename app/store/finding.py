"""Transfers found: those that a person may see, by words in them, by who takes part."""

import msgspec
from sqlalchemy import ColumnElement, Subquery, exists, func, or_, select, union

from app.store.database import Transaction
from app.store.people_tables import accounts, team_people, teams, transfer_people, transfer_teams
from app.store.roles import visible
from app.store.tables import people, reviewers, sides, transfer_sources, transfers, verdicts


class Wanted(msgspec.Struct, frozen=True):
    """What is looked for.

    seen_by  -- only what this person has a role in; None: everything
    also     -- transfers that are seen besides
    text     -- words that stand in the title, in the names of both sides, of who takes part, or of their team
    person   -- who made it, or has a role in it
    judged   -- approve, request_changes: somebody said so; asked: somebody was asked to say
    """

    seen_by: str | None = None
    also: frozenset[str] = frozenset()
    text: str = ""
    person: str = ""
    archived: bool = False
    judged: str = ""


def found(tx: Transaction, wanted: Wanted, limit: int) -> list[str]:
    """Ids of transfers, the most lately changed first."""
    query = select(transfers.c.id).where(transfers.c.archived == wanted.archived)
    for word in wanted.text.split()[:8]:
        query = query.where(_holds(word))
    if wanted.person:
        query = query.where(_takes_part(wanted.person))
    if wanted.judged:
        query = query.where(_judged(wanted.judged))
    if wanted.seen_by is not None:
        query = query.where(or_(transfers.c.id.in_(visible(wanted.seen_by)), transfers.c.id.in_(wanted.also)))
    return [row.id for row in tx.execute(query.order_by(transfers.c.changed.desc(), transfers.c.id).limit(limit))]


def _holds(word: str) -> ColumnElement[bool]:
    def in_(column: ColumnElement[str]) -> ColumnElement[bool]:
        return func.lower(column).contains(word.lower(), autoescape=True)

    of_source = exists().where(transfer_sources.c.transfer == transfers.c.id, transfer_sources.c.side == sides.c.id, in_(sides.c.label))
    of_target = exists().where(transfers.c.target == sides.c.id, in_(sides.c.label))
    part = _part()
    of_person = select(part.c.transfer).join(people, people.c.id == part.c.person).outerjoin(accounts, accounts.c.person == people.c.id)
    of_team = select(transfer_teams.c.transfer).join(teams, teams.c.id == transfer_teams.c.team).where(in_(teams.c.name))
    named = transfers.c.id.in_(of_person.where(or_(in_(people.c.name), in_(accounts.c.login))))
    return or_(in_(transfers.c.title), of_source, of_target, named, transfers.c.id.in_(of_team))


def _part() -> Subquery:
    """Who takes part in which transfer: who made it, who has a role in it, and who has one through a team."""
    made = select(transfers.c.id.label("transfer"), transfers.c.author.label("person"))
    own = select(transfer_people.c.transfer, transfer_people.c.person)
    by_team = select(transfer_teams.c.transfer, team_people.c.person).join(team_people, team_people.c.team == transfer_teams.c.team)
    return union(made, own, by_team).subquery()


def _takes_part(person: str) -> ColumnElement[bool]:
    part = _part()
    return transfers.c.id.in_(select(part.c.transfer).where(part.c.person == person))


def _judged(how: str) -> ColumnElement[bool]:
    """Transfers of which somebody said so, or was asked to; whether it holds now is worked out from all that was said."""
    if how == "asked":
        return exists().where(reviewers.c.transfer == transfers.c.id)
    return exists().where(verdicts.c.transfer == transfers.c.id, verdicts.c.verdict == how)


def taking_part(tx: Transaction, seen_by: str | None) -> dict[str, str]:
    """Names of those who made the transfers that a person may see, or have a role in them, by id."""
    part = _part()
    taking = select(part.c.person)
    if seen_by is not None:
        taking = taking.where(part.c.transfer.in_(visible(seen_by)))
    query = select(people.c.id, people.c.name).where(people.c.id.in_(taking))
    return {row.id: row.name for row in tx.execute(query.order_by(people.c.name))}
