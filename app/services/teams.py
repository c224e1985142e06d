"""Teams: named groups of people. A team is given a role in a transfer like a person; where nothing is said, its usual one."""

from typing import cast

import msgspec

from app.errors import ConflictError, KeygraftError, NotFoundError
from app.services import audit, calling
from app.services.house import LOCAL, House, new_id
from app.services.plain import plain
from app.services.visitors import ROLES, Role
from app.store import TeamRow, Transaction, accounts
from app.store import teams as stored


class Member(msgspec.Struct, frozen=True):
    """A person in a team."""

    id: str
    name: str
    login: str


class Team(msgspec.Struct, frozen=True):
    """A team, its usual role, its people by name."""

    id: str
    name: str
    role: Role
    people: tuple[Member, ...]


def listed(house: House) -> tuple[Team, ...]:
    """Every team, by name."""
    with house.database.read() as tx:
        rows, members = stored.listed(tx), stored.members(tx)
        known = {row.person: Member(row.person, row.name, row.login) for row in accounts.listed(tx)}
    return tuple(_team(row, [known[each] for each in members.get(row.id, ())]) for row in rows)


def get(house: House, team: str) -> Team:
    """One team. Raises NotFoundError."""
    found = next((each for each in listed(house) if each.id == team), None)
    if found is None:
        raise NotFoundError("team_not_found", team=team[:40])
    return found


def make(house: House, name: str, role: str = "viewer", *, by: str = LOCAL) -> Team:
    """Make a team. Raises KeygraftError, ConflictError where the name is taken."""
    row = TeamRow(new_id(), _name(name), _role(role), house.clock())
    with house.database.write() as tx:
        _free(tx, row.name)
        stored.add(tx, row)
        audit.record(tx, by, "team.made", at=row.created, name=row.name, role=row.role)
    return _team(row, [])


def change(house: House, team: str, *, name: str | None = None, role: str | None = None, by: str = LOCAL) -> Team:
    """Give another name, or another usual role; what the team has in transfers stays. Raises NotFoundError, ConflictError."""
    with house.database.write() as tx:
        row = _row(tx, team)
        named = row.name if name is None else _name(name)
        if named != row.name:
            _free(tx, named)
        stored.change(tx, team, named, row.role if role is None else _role(role))
        audit.record(tx, by, "team.changed", name=named)
    return get(house, team)


def delete(house: House, team: str, *, by: str = LOCAL) -> None:
    """Dissolve a team; its people lose what they had through it. Raises NotFoundError."""
    with house.database.write() as tx:
        row = _row(tx, team)
        stored.delete(tx, team)
        audit.record(tx, by, "team.deleted", name=row.name)
    calling.rights_changed(house)


def join(house: House, team: str, login: str, *, by: str = LOCAL) -> Team:
    """Take somebody in, by the name they sign in with. Raises NotFoundError."""
    with house.database.write() as tx:
        row = _row(tx, team)
        found = accounts.by_login(tx, login.strip().casefold())
        if found is None:
            raise NotFoundError("person_not_found", name=login[:64])
        stored.join(tx, team, found.person)
        audit.record(tx, by, "team.joined", name=found.login, team=row.name)
    calling.rights_changed(house)
    return get(house, team)


def leave(house: House, team: str, person: str, *, by: str = LOCAL) -> Team:
    """Let somebody go. Raises NotFoundError."""
    with house.database.write() as tx:
        row = _row(tx, team)
        found = accounts.find(tx, person)
        if found is None or not stored.leave(tx, team, person):
            raise NotFoundError("person_not_found", name=person[:64])
        audit.record(tx, by, "team.left", name=found.login, team=row.name)
    calling.rights_changed(house)
    return get(house, team)


def _row(tx: Transaction, team: str) -> TeamRow:
    found = stored.find(tx, team)
    if found is None:
        raise NotFoundError("team_not_found", team=team[:40])
    return found


def _free(tx: Transaction, name: str) -> None:
    if stored.by_name(tx, name) is not None:
        raise ConflictError("team_taken", name=name)


def _name(name: str) -> str:
    named = plain(" ".join(name.split()), 100)
    if not named:
        raise KeygraftError("name_empty")
    return named


def _role(role: str) -> str:
    if role not in ROLES:
        raise KeygraftError("role_unknown", role=role[:16], roles=", ".join(ROLES))
    return role


def _team(row: TeamRow, people: list[Member]) -> Team:
    return Team(row.id, row.name, cast("Role", row.role), tuple(sorted(people, key=lambda each: each.name.casefold())))
