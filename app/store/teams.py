"""Queries over teams."""

from sqlalchemy import select

from app.store.database import Transaction
from app.store.people_rows import TeamRow
from app.store.people_tables import team_people, teams
from app.store.values import columns


def add(tx: Transaction, row: TeamRow) -> None:
    """Keep a new team."""
    tx.execute(teams.insert().values(**columns(row)))


def find(tx: Transaction, team: str) -> TeamRow | None:
    """One team."""
    found = tx.execute(select(teams).where(teams.c.id == team)).mappings().first()
    return None if found is None else TeamRow(**found)


def by_name(tx: Transaction, name: str) -> TeamRow | None:
    """The team of a name."""
    found = tx.execute(select(teams).where(teams.c.name == name)).mappings().first()
    return None if found is None else TeamRow(**found)


def listed(tx: Transaction) -> list[TeamRow]:
    """Every team, by name."""
    return [TeamRow(**row) for row in tx.execute(select(teams).order_by(teams.c.name)).mappings()]


def change(tx: Transaction, team: str, name: str, role: str) -> None:
    """Write name and usual role anew."""
    tx.execute(teams.update().where(teams.c.id == team).values(name=name, role=role))


def delete(tx: Transaction, team: str) -> None:
    """Dissolve a team; what it was given in transfers goes with it."""
    tx.execute(teams.delete().where(teams.c.id == team))


def join(tx: Transaction, team: str, person: str) -> None:
    """Take a person in; nothing happens where they are."""
    mine = (team_people.c.team == team) & (team_people.c.person == person)
    if tx.execute(select(team_people.c.team).where(mine)).first() is None:
        tx.execute(team_people.insert().values(team=team, person=person))


def leave(tx: Transaction, team: str, person: str) -> bool:
    """Let a person go; False where they were not in it."""
    return tx.execute(team_people.delete().where(team_people.c.team == team, team_people.c.person == person)).rowcount > 0


def members(tx: Transaction) -> dict[str, list[str]]:
    """People of every team, by its id."""
    found: dict[str, list[str]] = {}
    for row in tx.execute(select(team_people.c.team, team_people.c.person)):
        found.setdefault(row.team, []).append(row.person)
    return found
