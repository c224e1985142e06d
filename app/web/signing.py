"""The doors: signing in and out, and what a link of an invitation opens."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from app import messages
from app.errors import KeygraftError
from app.services import accounts, invitations, passwords
from app.services.invitations import Invitation
from app.web import cookies
from app.web.asking import House, Visitor
from app.web.rendering import Context, page

router = APIRouter()


class SignInPage(Context, frozen=True):
    """The page `/sign-in`; `problem` and `hint` say why it was not done."""

    login: str
    after: str
    problem: str
    hint: str


class WelcomePage(Context, frozen=True):
    """The page of an invitation, or of a link for a new password."""

    word: str
    invitation: Invitation
    login: str
    least: int
    problem: str
    hint: str


@router.get("/sign-in")
def door(request: Request, house: House, visitor: Visitor, next: str = "/") -> Response:  # noqa: A002 -- the parameter's name in the address
    """Ask for name and password; who is in goes on."""
    if visitor.known or not house.team:
        return cookies.led_on(request, next)
    return page(request, "people/sign_in.html", SignInPage("", next, "", ""))


@router.post("/sign-in")
def sign_in(
    request: Request,
    house: House,
    login: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",  # noqa: A002
) -> Response:
    """Let somebody in."""
    brought, address, agent = cookies.session_word(request), cookies.address(request), cookies.agent(request)
    try:
        word = accounts.sign_in(house, login, password, instead_of=brought, agent=agent, address=address)
    except KeygraftError as error:
        shown = SignInPage(login[:64], next, messages.error_text(error), messages.error_hint(error))
        return page(request, "people/sign_in.html", shown, error.status)
    return cookies.signed_in(request, word, next)


@router.post("/sign-out")
def sign_out(request: Request, house: House, visitor: Visitor) -> Response:
    """End this browser's session."""
    accounts.sign_out(house, cookies.session_word(request), visitor.person)
    return cookies.signed_out(request)


@router.get("/welcome/{word}")
def welcome(request: Request, house: House, word: str) -> Response:
    """Show what a link is for. Looking uses nothing up: mail programs look, too."""
    found = invitations.look(house, word)
    return page(request, "people/welcome.html", WelcomePage(word, found, found.login or found.name, passwords.LEAST, "", ""))


@router.post("/welcome/{word}")
def accept(request: Request, house: House, word: str, password: Annotated[str, Form()] = "", name: Annotated[str, Form()] = "") -> Response:
    """Make the account, or set the password; then one is in."""
    brought, address, agent = cookies.session_word(request), cookies.address(request), cookies.agent(request)
    try:
        session = invitations.accept(house, word, password, name=name, instead_of=brought, agent=agent, address=address)
    except KeygraftError as error:
        found = invitations.look(house, word)
        problem, hint = messages.error_text(error), messages.error_hint(error)
        shown = WelcomePage(word, found, found.login or name[:100], passwords.LEAST, problem, hint)
        return page(request, "people/welcome.html", shown, error.status)
    return cookies.signed_in(request, session)
