"""People and teams, for those who look after the installation."""

from datetime import datetime

from fastapi import APIRouter

from app.api import bodies, models
from app.api.house import House, Visitor
from app.services import accounts, invitations, teams

router = APIRouter(tags=["people"])


class AccountOut(models.Given):
    """A person. `waiting`: has not set a password yet; `disabled`: cannot come in."""

    id: str
    name: str
    login: str
    admin: bool
    disabled: bool
    waiting: bool
    created: datetime


class ChangeAccount(bodies.Asked):
    """What to change of an account."""

    admin: bool | None = None
    disabled: bool | None = None


class Invite(bodies.Asked):
    """An invitation to make: a name to propose, a team (id) to join."""

    name: str = ""
    admin: bool = False
    team: str = ""


class InvitationOut(models.Given):
    """A link that holds. `path` is told only when it is made; `login` is set where it is for a new password."""

    id: str
    name: str
    admin: bool
    team: str
    author: str
    created: datetime
    expires: datetime
    login: str
    path: str


class MemberOut(models.Given):
    """A person in a team."""

    id: str
    name: str
    login: str


class TeamOut(models.Given):
    """A team; `role` is what it gets in a transfer where nothing else is said."""

    id: str
    name: str
    role: str
    people: list[MemberOut]


class NewTeam(bodies.Asked):
    """A team to make."""

    name: str
    role: str = "viewer"


class ChangeTeam(bodies.Asked):
    """What to change of a team."""

    name: str | None = None
    role: str | None = None


class Join(bodies.Asked):
    """Who is to join, by the name they sign in with."""

    login: str


@router.get("/people", response_model=list[AccountOut])
def listed(house: House) -> object:
    """Everybody, by the name they sign in with."""
    return accounts.listed(house)


@router.patch("/people/{person}", response_model=AccountOut)
def change(house: House, visitor: Visitor, person: str, asked: ChangeAccount) -> object:
    """Make somebody an admin or no longer; close an account, which ends sessions and tokens, or open it."""
    if asked.admin is not None:
        accounts.set_admin(house, person, admin=asked.admin, by=visitor.person)
    if asked.disabled is not None:
        accounts.set_disabled(house, person, disabled=asked.disabled, by=visitor.person)
    return accounts.get(house, person)


@router.post("/people/{person}/reset", response_model=InvitationOut, status_code=201)
def reset(house: House, visitor: Visitor, person: str) -> object:
    """Make a link by which somebody sets a new password."""
    return invitations.reset(house, person, by=visitor.person)


@router.get("/invitations", response_model=list[InvitationOut])
def invited(house: House) -> object:
    """Links that hold, the newest first."""
    return [_without_path(each) for each in invitations.listed(house)]


def _without_path(found: invitations.Invitation) -> dict[str, object]:
    return {**{name: getattr(found, name) for name in found.__struct_fields__}, "path": ""}


@router.post("/invitations", response_model=InvitationOut, status_code=201)
def invite(house: House, visitor: Visitor, asked: Invite) -> object:
    """Make a link by which somebody makes an account."""
    return invitations.invite(house, asked.name, admin=asked.admin, team=asked.team, by=visitor.person)


@router.delete("/invitations/{invitation}", status_code=204)
def revoke(house: House, visitor: Visitor, invitation: str) -> None:
    """Take a link back."""
    invitations.revoke(house, invitation, by=visitor.person)


@router.get("/teams", response_model=list[TeamOut])
def all_teams(house: House) -> object:
    """Every team with its people."""
    return teams.listed(house)


@router.post("/teams", response_model=TeamOut, status_code=201)
def make_team(house: House, visitor: Visitor, asked: NewTeam) -> object:
    """Make a team."""
    return teams.make(house, asked.name, asked.role, by=visitor.person)


@router.patch("/teams/{team}", response_model=TeamOut)
def change_team(house: House, visitor: Visitor, team: str, asked: ChangeTeam) -> object:
    """Give a team another name or usual role."""
    return teams.change(house, team, name=asked.name, role=asked.role, by=visitor.person)


@router.delete("/teams/{team}", status_code=204)
def delete_team(house: House, visitor: Visitor, team: str) -> None:
    """Dissolve a team."""
    teams.delete(house, team, by=visitor.person)


@router.post("/teams/{team}/people", response_model=TeamOut)
def join(house: House, visitor: Visitor, team: str, asked: Join) -> object:
    """Take somebody into a team."""
    return teams.join(house, team, asked.login, by=visitor.person)


@router.delete("/teams/{team}/people/{person}", status_code=204)
def leave(house: House, visitor: Visitor, team: str, person: str) -> None:
    """Let somebody go from a team."""
    teams.leave(house, team, person, by=visitor.person)
