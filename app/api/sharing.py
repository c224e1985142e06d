"""Who has which role in a transfer, and the links that open it for reading."""

from datetime import datetime
from typing import Literal

from fastapi import APIRouter

from app.api import bodies, models
from app.api.house import House, Visitor
from app.services import roles, sharing

router = APIRouter(prefix="/transfers/{transfer}", tags=["sharing"])


class HeldOut(models.Given):
    """Somebody's role: a person's, or a team's (`login` is empty)."""

    id: str
    name: str
    role: str
    login: str = ""


class RolesOut(models.Given):
    """Who has which role."""

    people: list[HeldOut]
    teams: list[HeldOut]


class GivePerson(bodies.Asked):
    """A role for a person, by the name they sign in with; none takes it away."""

    login: str
    role: Literal["viewer", "reviewer", "editor", "owner"] | None


class GiveTeam(bodies.Asked):
    """A role for a team, by id; empty: its usual one, none takes it away."""

    team: str
    role: Literal["", "viewer", "reviewer", "editor", "owner"] | None = ""


class LinkOut(models.Given):
    """A link for reading. `path` is told only when it is made."""

    id: str
    title: str
    author: str
    created: datetime
    expires: datetime
    used: datetime | None
    path: str


class NewLink(bodies.Asked):
    """A link to make: what it is for, and for how many days it holds."""

    title: str = ""
    days: int = 14


@router.get("/roles", response_model=RolesOut)
def listed(house: House, transfer: str) -> object:
    """Who has which role."""
    return roles.listed(house, transfer)


@router.put("/roles/person", response_model=RolesOut)
def give_person(house: House, visitor: Visitor, transfer: str, asked: GivePerson) -> object:
    """Give a person a role, or take it away."""
    return roles.give(house, transfer, asked.role, login=asked.login, by=visitor.person)


@router.put("/roles/team", response_model=RolesOut)
def give_team(house: House, visitor: Visitor, transfer: str, asked: GiveTeam) -> object:
    """Give a team a role, or take it away."""
    return roles.give(house, transfer, asked.role, team=asked.team, by=visitor.person)


@router.get("/links", response_model=list[LinkOut])
def links(house: House, transfer: str) -> object:
    """Links that hold, the newest first."""
    return [{**{name: getattr(each, name) for name in each.__struct_fields__}, "path": ""} for each in sharing.listed(house, transfer)]


@router.post("/links", response_model=LinkOut, status_code=201)
def share(house: House, visitor: Visitor, transfer: str, asked: NewLink) -> object:
    """Make a link that opens this transfer for reading, without an account."""
    return sharing.share(house, transfer, title=asked.title, days=asked.days, by=visitor.person)


@router.delete("/links/{link}", status_code=204)
def revoke(house: House, visitor: Visitor, transfer: str, link: str) -> None:
    """Take a link back."""
    sharing.revoke(house, transfer, link, by=visitor.person)
