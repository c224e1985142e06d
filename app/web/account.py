"""The visitor's own account: name, password, tokens, where they are signed in."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from app import messages
from app.errors import KeygraftError
from app.services import accounts, passwords, sessions, tokens
from app.services.accounts import Account
from app.services.sessions import Session
from app.services.tokens import Token
from app.services.visitors import SCOPES
from app.web import cookies
from app.web.asking import House, Visitor
from app.web.rendering import Context, page

PATH = "/account"
router = APIRouter(prefix=PATH)


class AccountPage(Context, frozen=True):
    """The page `/account`. `made` is the word of a token, told this once; `problem` belongs to the part that `at` names."""

    account: Account | None
    tokens: tuple[Token, ...]
    sessions: tuple[Session, ...]
    session: str
    scopes: tuple[str, ...]
    least: int
    made: str
    at: str
    problem: str
    hint: str


def _page(request: Request, house: House, visitor: Visitor, at: str = "", error: KeygraftError | None = None) -> Response:
    problem, hint = (messages.error_text(error), messages.error_hint(error)) if error else ("", "")
    person, own = visitor.person, bool(house.team) and bool(visitor.session)
    account = accounts.get(house, person) if own else None
    held = (tokens.listed(house, person), sessions.listed(house, person)) if own else ((), ())
    word = cookies.told_once(request)
    made = word if any(word.startswith(each.prefix) for each in held[0]) else ""
    shown = AccountPage(account, *held, visitor.session, SCOPES, passwords.LEAST, made, at, problem, hint)
    return cookies.forget_told(request, page(request, "people/account.html", shown, error.status if error else 200), PATH)


@router.get("")
def account(request: Request, house: House, visitor: Visitor) -> Response:
    """Show it."""
    return _page(request, house, visitor)


@router.post("/name")
def rename(request: Request, house: House, visitor: Visitor, name: Annotated[str, Form()] = "") -> Response:
    """Be shown under another name."""
    try:
        accounts.rename(house, name, visitor.person)
    except KeygraftError as error:
        return _page(request, house, visitor, "name", error)
    return cookies.led_on(request, "/account")


@router.post("/password")
def change_password(
    request: Request, house: House, visitor: Visitor, old: Annotated[str, Form()] = "", new: Annotated[str, Form()] = ""
) -> Response:
    """Set another password: every other browser is signed out."""
    brought, address, agent = cookies.session_word(request), cookies.address(request), cookies.agent(request)
    try:
        word = accounts.change_password(house, old, new, visitor.person, address=address, session=brought, agent=agent)
    except KeygraftError as error:
        return _page(request, house, visitor, "password", error)
    return cookies.signed_in(request, word, "/account")


@router.post("/tokens")
def make_token(
    request: Request,
    house: House,
    visitor: Visitor,
    title: Annotated[str, Form()] = "",
    scope: Annotated[list[str] | None, Form()] = None,
    days: Annotated[str, Form(pattern="^[0-9]{0,4}$")] = "90",
) -> Response:
    """Make a token, and show it this once."""
    try:
        made = tokens.make(house, title, scope or [], days=int(days) if days else None, by=visitor.person)
    except KeygraftError as error:
        return _page(request, house, visitor, "tokens", error)
    return cookies.tell_once(request, made.word, PATH)


@router.post("/tokens/{token}/revoke")
def revoke_token(request: Request, house: House, visitor: Visitor, token: str) -> Response:
    """Take a token back."""
    tokens.revoke(house, token, by=visitor.person)
    return cookies.led_on(request, "/account")


@router.post("/sessions/{session}/end")
def end_session(request: Request, house: House, visitor: Visitor, session: str) -> Response:
    """Sign a browser out."""
    sessions.end(house, session, by=visitor.person)
    return cookies.led_on(request, "/account")


@router.post("/sessions/end-others")
def end_others(request: Request, house: House, visitor: Visitor) -> Response:
    """Sign every other browser out."""
    sessions.end_others(house, visitor.person, visitor.session)
    return cookies.led_on(request, "/account")
