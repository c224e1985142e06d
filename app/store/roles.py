"""Queries over what people and teams are to transfers."""

from sqlalchemy import ColumnElement, Select, func, or_, select, union

from app.store.database import Transaction
from app.store.people_tables import team_people, transfer_people, transfer_teams
from app.store.tables import sides, transfer_sources, transfers


def of_person(tx: Transaction, transfer: str, person: str) -> set[str]:
    """Every role that a person has in a transfer: their own, and those of their teams."""
    own = select(transfer_people.c.role).where(transfer_people.c.transfer == transfer, transfer_people.c.person == person)
    by_team = (
        select(transfer_teams.c.role)
        .join(team_people, team_people.c.team == transfer_teams.c.team)
        .where(transfer_teams.c.transfer == transfer, team_people.c.person == person)
    )
    return {row.role for row in tx.execute(union(own, by_team))}


def visible(person: str) -> Select[tuple[str]]:
    """Query for the ids of the transfers that a person has a role in."""
    own = select(transfer_people.c.transfer).where(transfer_people.c.person == person)
    by_team = (
        select(transfer_teams.c.transfer)
        .join(team_people, team_people.c.team == transfer_teams.c.team)
        .where(team_people.c.person == person)
    )
    found = union(own, by_team).subquery()
    return select(found.c.transfer)


def using(tx: Transaction, side: str) -> list[str]:
    """Transfers that a side belongs to."""
    query = select(transfers.c.id).where(_uses(side))
    return [row.id for row in tx.execute(query)]


def _uses(side: str) -> ColumnElement[bool]:
    as_source = transfers.c.id.in_(select(transfer_sources.c.transfer).where(transfer_sources.c.side == side))
    return or_(transfers.c.target == side, as_source)


def author_of(tx: Transaction, side: str) -> str | None:
    """Who gave a side."""
    found = tx.execute(select(sides.c.author).where(sides.c.id == side)).first()
    return None if found is None else str(found.author)


def there(tx: Transaction, transfer: str) -> bool:
    """Whether there is such a transfer."""
    return tx.execute(select(transfers.c.id).where(transfers.c.id == transfer)).first() is not None


def people(tx: Transaction, transfer: str) -> dict[str, str]:
    """Roles of people in a transfer."""
    query = select(transfer_people.c.person, transfer_people.c.role).where(transfer_people.c.transfer == transfer)
    return {row.person: row.role for row in tx.execute(query)}


def teams(tx: Transaction, transfer: str) -> dict[str, str]:
    """Roles of teams in a transfer."""
    query = select(transfer_teams.c.team, transfer_teams.c.role).where(transfer_teams.c.transfer == transfer)
    return {row.team: row.role for row in tx.execute(query)}


def give(tx: Transaction, transfer: str, role: str | None, *, person: str = "", team: str = "") -> None:
    """Give a person or a team a role in the place of the one before; None takes it away."""
    table, column = (transfer_people, transfer_people.c.person) if person else (transfer_teams, transfer_teams.c.team)
    tx.execute(table.delete().where(table.c.transfer == transfer, column == (person or team)))
    if role is not None:
        tx.execute(table.insert().values({"transfer": transfer, column.name: person or team, "role": role}))


def members(tx: Transaction, transfer: str) -> set[str]:
    """Everybody who has a role in a transfer, their own or through a team."""
    by_team = (
        select(team_people.c.person)
        .join(transfer_teams, transfer_teams.c.team == team_people.c.team)
        .where(transfer_teams.c.transfer == transfer)
    )
    own = select(transfer_people.c.person).where(transfer_people.c.transfer == transfer)
    return {row.person for row in tx.execute(union(own, by_team))}


def owners(tx: Transaction, transfer: str) -> int:
    """How many own a transfer by themselves, not through a team."""
    mine = (transfer_people.c.transfer == transfer) & (transfer_people.c.role == "owner")
    return int(tx.execute(select(func.count()).where(mine)).scalar_one())
