"""People and teams, for those who look after the installation."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from app import messages
from app.errors import KeygraftError, NotFoundError
from app.services import accounts, invitations, teams
from app.services.accounts import Account
from app.services.invitations import Invitation
from app.services.teams import Team
from app.services.visitors import ROLES
from app.web import cookies
from app.web.asking import House, Visitor
from app.web.rendering import Context, page, site_of

router = APIRouter()
PATH = "/people"


class PeoplePage(Context, frozen=True):
    """The page `/people`. `link` is one that was just made, told this once; `problem` belongs to the part that `at` names."""

    people: tuple[Account, ...]
    invitations: tuple[Invitation, ...]
    teams: tuple[Team, ...]
    roles: tuple[str, ...]
    me: str
    team: bool
    link: str
    at: str
    problem: str
    hint: str


def _page(request: Request, house: House, visitor: Visitor, *, at: str = "", error: KeygraftError | None = None) -> Response:
    problem, hint = (messages.error_text(error), messages.error_hint(error)) if error else ("", "")
    shown = PeoplePage(
        accounts.listed(house),
        invitations.listed(house),
        teams.listed(house),
        ROLES,
        visitor.person,
        house.team,
        _just_made(request, house),
        at,
        problem,
        hint,
    )
    return cookies.forget_told(request, page(request, "people/people.html", shown, error.status if error else 200), PATH)


def _just_made(request: Request, house: House) -> str:
    """The link that was made a moment ago, while it holds; told this once."""
    word = cookies.told_once(request)
    try:
        return f"{site_of(request)}{invitations.PATH}{word}" if word and invitations.look(house, word) else ""
    except NotFoundError:
        return ""


@router.get("/people")
def people(request: Request, house: House, visitor: Visitor) -> Response:
    """Show everybody, open links, and teams."""
    return _page(request, house, visitor)


@router.post("/people/invite")
def invite(
    request: Request,
    house: House,
    visitor: Visitor,
    name: Annotated[str, Form()] = "",
    team: Annotated[str, Form()] = "",
    admin: Annotated[bool, Form()] = False,
) -> Response:
    """Make an invitation, and show its link this once."""
    try:
        made = invitations.invite(house, name, admin=admin, team=team, by=visitor.person)
    except KeygraftError as error:
        return _page(request, house, visitor, at="invite", error=error)
    return cookies.tell_once(request, made.word, PATH)


@router.post("/people/invitations/{invitation}/revoke")
def revoke(request: Request, house: House, visitor: Visitor, invitation: str) -> Response:
    """Take a link back."""
    invitations.revoke(house, invitation, by=visitor.person)
    return cookies.led_on(request, "/people")


@router.post("/people/{person}/reset")
def reset(request: Request, house: House, visitor: Visitor, person: str) -> Response:
    """Make a link for a new password, and show it this once."""
    try:
        made = invitations.reset(house, person, by=visitor.person)
    except KeygraftError as error:
        return _page(request, house, visitor, at="people", error=error)
    return cookies.tell_once(request, made.word, PATH)


@router.post("/people/{person}/admin")
def set_admin(request: Request, house: House, visitor: Visitor, person: str, admin: Annotated[bool, Form()]) -> Response:
    """Let somebody look after the installation, or no longer."""
    try:
        accounts.set_admin(house, person, admin=admin, by=visitor.person)
    except KeygraftError as error:
        return _page(request, house, visitor, at="people", error=error)
    return cookies.led_on(request, "/people")


@router.post("/people/{person}/closed")
def set_closed(request: Request, house: House, visitor: Visitor, person: str, closed: Annotated[bool, Form()]) -> Response:
    """Keep somebody out, or let them in again."""
    try:
        accounts.set_disabled(house, person, disabled=closed, by=visitor.person)
    except KeygraftError as error:
        return _page(request, house, visitor, at="people", error=error)
    return cookies.led_on(request, "/people")


@router.post("/teams")
def make_team(
    request: Request, house: House, visitor: Visitor, name: Annotated[str, Form()] = "", role: Annotated[str, Form()] = "viewer"
) -> Response:
    """Make a team."""
    try:
        teams.make(house, name, role, by=visitor.person)
    except KeygraftError as error:
        return _page(request, house, visitor, at="teams", error=error)
    return cookies.led_on(request, "/people#teams")


@router.post("/teams/{team}")
def change_team(
    request: Request, house: House, visitor: Visitor, team: str, name: Annotated[str, Form()] = "", role: Annotated[str, Form()] = "viewer"
) -> Response:
    """Give a team another name or usual role."""
    try:
        teams.change(house, team, name=name, role=role, by=visitor.person)
    except KeygraftError as error:
        return _page(request, house, visitor, at="teams", error=error)
    return cookies.led_on(request, "/people#teams")


@router.post("/teams/{team}/delete")
def delete_team(request: Request, house: House, visitor: Visitor, team: str) -> Response:
    """Dissolve a team."""
    teams.delete(house, team, by=visitor.person)
    return cookies.led_on(request, "/people#teams")


@router.post("/teams/{team}/join")
def join(request: Request, house: House, visitor: Visitor, team: str, login: Annotated[str, Form()] = "") -> Response:
    """Take somebody into a team."""
    try:
        teams.join(house, team, login, by=visitor.person)
    except KeygraftError as error:
        return _page(request, house, visitor, at="teams", error=error)
    return cookies.led_on(request, "/people#teams")


@router.post("/teams/{team}/leave")
def leave(request: Request, house: House, visitor: Visitor, team: str, person: Annotated[str, Form()]) -> Response:
    """Let somebody go from a team."""
    teams.leave(house, team, person, by=visitor.person)
    return cookies.led_on(request, "/people#teams")
