"""The visitor's own account: who they are, their tokens, where they are signed in."""

from datetime import datetime

from fastapi import APIRouter

from app.api import bodies, models
from app.api.house import House, Rights, Visitor
from app.services import sessions, tokens

router = APIRouter(prefix="/me", tags=["account"])


class Me(models.Given):
    """Who asks. `can`: what they may do in the house; what they may do to a transfer stands with it."""

    person: str
    name: str
    admin: bool
    can: list[str]


class TokenOut(models.Given):
    """A token. `word` is the token itself and told only when it is made."""

    id: str
    title: str
    prefix: str
    scopes: list[str]
    created: datetime
    expires: datetime | None
    used: datetime | None
    word: str = ""


class NewToken(bodies.Asked):
    """A token to make: `scopes` of read, edit, review, admin; without `days` it holds until it is taken back."""

    title: str = ""
    scopes: list[str]
    days: int | None = 90


class SessionOut(models.Given):
    """A browser that is signed in."""

    id: str
    created: datetime
    seen: datetime
    expires: datetime
    agent: str
    address: str


@router.get("", response_model=Me)
def me(visitor: Visitor, rights: Rights) -> object:
    """Who asks, and what they may do here."""
    return {"person": visitor.person, "name": visitor.name, "admin": visitor.admin, "can": sorted(rights)}


@router.get("/tokens", response_model=list[TokenOut])
def listed(house: House, visitor: Visitor) -> object:
    """Your tokens, the newest first."""
    return tokens.listed(house, visitor.person)


@router.post("/tokens", response_model=TokenOut, status_code=201)
def make(house: House, visitor: Visitor, asked: NewToken) -> object:
    """Make a token; it is told once."""
    return tokens.make(house, asked.title, asked.scopes, days=asked.days, by=visitor.person)


@router.delete("/tokens/{token}", status_code=204)
def revoke(house: House, visitor: Visitor, token: str) -> None:
    """Take a token back."""
    tokens.revoke(house, token, by=visitor.person)


@router.get("/sessions", response_model=list[SessionOut])
def signed_in(house: House, visitor: Visitor) -> object:
    """Where you are signed in."""
    return sessions.listed(house, visitor.person)


@router.delete("/sessions/{session}", status_code=204)
def end(house: House, visitor: Visitor, session: str) -> None:
    """Sign a browser out."""
    sessions.end(house, session, by=visitor.person)
