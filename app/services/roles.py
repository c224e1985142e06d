"""What people are to transfers. Whoever asks for one of somebody else's hears that there is none."""

from collections.abc import Collection
from typing import cast

import msgspec

from app.errors import ConflictError, KeygraftError, NotFoundError
from app.services import audit, calling
from app.services.house import LOCAL, House
from app.services.visitors import ROLES, Role, Visitor
from app.store import Transaction, accounts, jobs, people, teams
from app.store import roles as stored


class Held(msgspec.Struct, frozen=True):
    """Somebody's role in a transfer: a person's (`login`), or a team's."""

    id: str
    name: str
    role: Role
    login: str = ""


class Roles(msgspec.Struct, frozen=True):
    """Who has which role in a transfer."""

    people: tuple[Held, ...]
    teams: tuple[Held, ...]


def strongest(found: Collection[str]) -> Role | None:
    """The role that allows most."""
    return max((role for role in found if role in ROLES), key=ROLES.index, default=None)


def in_transfer(tx: Transaction, visitor: Visitor, transfer: str) -> Role | None:
    """What a visitor is to a transfer; None: to them it is not there."""
    if visitor.admin:
        return "owner" if stored.there(tx, transfer) else None
    found = stored.of_person(tx, transfer, visitor.person) if visitor.person else set()
    return strongest(found | ({"viewer"} if transfer in visitor.shared else set()))


def in_job(tx: Transaction, visitor: Visitor, job: str) -> Role | None:
    """What a visitor is to a job: what they are to its transfer."""
    found = jobs.find(tx, job)
    return None if found is None else in_transfer(tx, visitor, found.transfer)


def in_side(tx: Transaction, visitor: Visitor, side: str) -> Role | None:
    """What a visitor is to a side: its author owns it, others are what they are to the transfers that it belongs to."""
    author = stored.author_of(tx, side)
    if author is None:
        return None
    if visitor.admin or (visitor.person and visitor.person == author):
        return "owner"
    return strongest({role for transfer in stored.using(tx, side) if (role := in_transfer(tx, visitor, transfer))})


def person(tx: Transaction, by: str) -> Visitor:
    """A person as the services know them, by id alone: what their way in allows was looked at before. LOCAL may do everything."""
    if by == LOCAL:
        return Visitor(LOCAL, "", admin=True)
    found = accounts.find(tx, by) if by else None
    return Visitor(by, "", admin=found is not None and found.admin and not found.disabled)


def members(tx: Transaction, transfer: str) -> dict[str, str]:
    """Names of all who may look at a transfer by a role of their own, by id; where one person works alone, theirs."""
    found = stored.members(tx, transfer) | (
        {LOCAL} if not accounts.exist(tx) else {row.person for row in accounts.listed(tx) if row.admin and not row.disabled}
    )
    return {each: name for each, name in people.names(tx).items() if each in found}


def check_side(tx: Transaction, by: str, side: str) -> None:
    """Refuse a side that the person may not see, in the words of one that is not there. Raises NotFoundError."""
    if in_side(tx, person(tx, by), side) is None:
        raise NotFoundError("side_not_found", side=side[:40])


def begin(tx: Transaction, transfer: str, by: str) -> None:
    """Who makes a transfer owns it. What the local person makes is theirs without a word."""
    if accounts.find(tx, by) is not None:
        stored.give(tx, transfer, "owner", person=by)


def listed(house: House, transfer: str) -> Roles:
    """Who has which role. Raises NotFoundError."""
    with house.database.read() as tx:
        _there(tx, transfer)
        by_person, by_team = stored.people(tx, transfer), stored.teams(tx, transfer)
        known = {row.person: row for row in accounts.listed(tx)}
        groups = {row.id: row for row in teams.listed(tx)}
    held = [Held(each, known[each].name, cast("Role", role), known[each].login) for each, role in by_person.items()]
    held.sort(key=lambda each: (-ROLES.index(each.role), each.name.casefold()))
    in_teams = sorted((Held(each, groups[each].name, cast("Role", role)) for each, role in by_team.items()), key=lambda each: each.name)
    return Roles(tuple(held), tuple(in_teams))


def give(house: House, transfer: str, role: str | None, *, login: str = "", team: str = "", by: str = LOCAL) -> Roles:
    """Give a person (by the name they sign in with) or a team a role; None takes it away; a team's "" is its usual one.

    Raises NotFoundError; ConflictError where nobody would own the transfer any more.
    """
    with house.database.write() as tx:
        _there(tx, transfer)
        if login:
            _give_person(tx, transfer, role, login, by)
        else:
            _give_team(tx, transfer, role, team, by)
    calling.rights_changed(house, transfer)
    return listed(house, transfer)


def _give_person(tx: Transaction, transfer: str, role: str | None, login: str, by: str) -> None:
    found = accounts.by_login(tx, login.strip().casefold())
    if found is None or (found.disabled and role is not None):
        raise NotFoundError("person_not_found", name=login[:64])
    was = stored.people(tx, transfer).get(found.person)
    if was is None and role is None:
        raise NotFoundError("person_not_found", name=login[:64])
    stored.give(tx, transfer, _role(role), person=found.person)
    if was == "owner" and stored.owners(tx, transfer) == 0:
        raise ConflictError("last_owner")
    audit.record(tx, by, "role.given" if role else "role.taken", transfer=transfer, to=found.login, role=role or was or "")


def _give_team(tx: Transaction, transfer: str, role: str | None, team: str, by: str) -> None:
    found = teams.find(tx, team)
    if found is None:
        raise NotFoundError("team_not_found", team=team[:40])
    given = None if role is None else _role(role or found.role)
    stored.give(tx, transfer, given, team=found.id)
    audit.record(tx, by, "role.given" if given else "role.taken", transfer=transfer, to=found.name, role=given or "")


def _role(role: str | None) -> Role | None:
    if role is not None and role not in ROLES:
        raise KeygraftError("role_unknown", role=role[:16], roles=", ".join(ROLES))
    return role


def _there(tx: Transaction, transfer: str) -> None:
    if not stored.there(tx, transfer):
        raise NotFoundError("transfer_not_found", transfer=transfer[:40])
