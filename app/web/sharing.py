"""The dialog in which a transfer is shared: with people, with teams, by links for reading; and what such a link opens."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from app import messages
from app.errors import KeygraftError
from app.services import accounts, roles, sharing, teams, transfers
from app.services.cards import TransferCard
from app.services.roles import Roles
from app.services.sharing import ShareLink
from app.services.teams import Team
from app.services.visitors import ROLES
from app.web import cookies
from app.web.asking import House, Visitor
from app.web.rendering import Context, base_of, page, site_of

router = APIRouter()


class Known(Context, frozen=True):
    """Somebody who can be given a role."""

    login: str
    name: str


class SharingPage(Context, frozen=True):
    """The dialog, or alone the page `/t/{id}/sharing`. `link` is one that was just made, told this once."""

    card: TransferCard
    held: Roles
    links: tuple[ShareLink, ...]
    people: tuple[Known, ...]
    teams: tuple[Team, ...]
    roles: tuple[str, ...]
    me: str
    team: bool
    link: str
    problem: str
    hint: str


def _page(
    request: Request, house: House, visitor: Visitor, transfer: str, *, word: str = "", error: KeygraftError | None = None
) -> Response:
    problem, hint = (messages.error_text(error), messages.error_hint(error)) if error else ("", "")
    held = roles.listed(house, transfer)
    given = {each.id for each in held.teams}
    shown = SharingPage(
        transfers.get(house, transfer),
        held,
        sharing.listed(house, transfer),
        tuple(Known(each.login, each.name) for each in accounts.listed(house) if not each.disabled),
        tuple(each for each in teams.listed(house) if each.id not in given),
        ROLES,
        visitor.person,
        house.team,
        f"{site_of(request)}{sharing.PATH}{word}" if word else "",
        problem,
        hint,
    )
    if request.headers.get("X-Keygraft") == "script":
        return page(request, "people/_sharing_dialog.html", shown)
    if request.headers.get("HX-Request"):
        return page(request, "people/_sharing.html", shown)
    return page(request, "people/sharing.html", shown, error.status if error else 200)


@router.get("/t/{transfer}/sharing")
def dialog(request: Request, house: House, visitor: Visitor, transfer: str) -> Response:
    """Show who has which role, and the links."""
    word = cookies.told_once(request)
    made = word if word and sharing.holds(house, transfer, word) else ""
    return cookies.forget_told(request, _page(request, house, visitor, transfer, word=made), f"/t/{transfer}/sharing")


@router.post("/t/{transfer}/roles")
def give(
    request: Request,
    house: House,
    visitor: Visitor,
    transfer: str,
    role: Annotated[str, Form()] = "",
    login: Annotated[str, Form()] = "",
    team: Annotated[str, Form()] = "",
) -> Response:
    """Give a person or a team a role; "none" takes it away."""
    try:
        roles.give(house, transfer, None if role == "none" else role, login=login, team=team, by=visitor.person)
    except KeygraftError as error:
        return _page(request, house, visitor, transfer, error=error)
    return _done(request, house, visitor, transfer)


def _done(request: Request, house: House, visitor: Visitor, transfer: str) -> Response:
    """Show it again; without scripts by leading there. Who gave their own role away has nothing more to do here."""
    with house.database.read() as tx:
        still = roles.in_transfer(tx, visitor, transfer)
    if still != "owner":
        home = f"{base_of(request)}/" if still is None else f"{base_of(request)}/t/{transfer}"
        return Response(headers={"HX-Redirect": home}) if request.headers.get("HX-Request") else RedirectResponse(home, 303)
    if request.headers.get("HX-Request"):
        return _page(request, house, visitor, transfer)
    return cookies.led_on(request, f"/t/{transfer}/sharing")


@router.post("/t/{transfer}/links")
def share(
    request: Request,
    house: House,
    visitor: Visitor,
    transfer: str,
    title: Annotated[str, Form()] = "",
    days: Annotated[int, Form()] = 14,
) -> Response:
    """Make a link for reading, and show it this once."""
    try:
        made = sharing.share(house, transfer, title=title, days=days, by=visitor.person)
    except KeygraftError as error:
        return _page(request, house, visitor, transfer, error=error)
    if request.headers.get("HX-Request"):
        return _page(request, house, visitor, transfer, word=made.word)
    return cookies.tell_once(request, made.word, f"/t/{transfer}/sharing")


@router.post("/t/{transfer}/links/{link}/revoke")
def revoke(request: Request, house: House, visitor: Visitor, transfer: str, link: str) -> Response:
    """Take a link back."""
    sharing.revoke(house, transfer, link, by=visitor.person)
    return _done(request, house, visitor, transfer)


@router.post("/t/{transfer}/fork")
def fork(request: Request, house: House, visitor: Visitor, transfer: str) -> Response:
    """Begin another transfer where this one stands, and go to it."""
    return cookies.led_on(request, f"/t/{transfers.fork(house, transfer, by=visitor.person).id}")


@router.get("/share/{word}")
def opened(request: Request, house: House, word: str) -> Response:
    """Open a link for reading: the browser keeps it, and goes to the transfer."""
    return cookies.with_link(request, word, f"/t/{sharing.opened(house, word)}")
