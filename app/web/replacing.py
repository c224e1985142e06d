"""Replace a side of a transfer: give the new one, see what moves, confirm."""

from collections.abc import Iterable
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from app.keys import families
from app.services import replacing, workspaces
from app.services.cards import SideCard
from app.services.replacing import Place, Replacement
from app.web.asking import House, Visitor
from app.web.rendering import Context, base_of, page

router = APIRouter()
SHOWN = 60
"""Lines of each list on the page."""


class Line(msgspec.Struct, frozen=True):
    """Keys of one family: its template, the new one where it has another, and how many they are."""

    key: str
    new: str
    count: int


class Part(msgspec.Struct, frozen=True):
    """A list of the page: `name` is in the messages `replace-<name>` and `replace-<name>-hint`."""

    name: str
    count: int
    lines: tuple[Line, ...]


class GivePage(Context, frozen=True):
    """The page that asks for the new side; `s` or `t` is which box."""

    transfer: str
    title: str
    place: Place
    old: SideCard
    side: Literal["s", "t"]
    card: SideCard | None
    other: str


class ForeseenPage(Context, frozen=True):
    """The page that says what comes of it."""

    transfer: str
    title: str
    found: Replacement
    parts: tuple[Part, ...]
    shown: int


@router.get("/t/{transfer}/replace/{which}")
def ask(
    request: Request, house: House, visitor: Visitor, transfer: str, which: Literal["source", "target"], name: str = "", side: str = ""
) -> Response:
    """Ask for the new side; once there is one, say what comes of it."""
    ws = workspaces.open_workspace(house, transfer, by=visitor.person)
    place = Place(which, name)
    if side:
        found = replacing.foresee(house, transfer, place, side, by=visitor.person)
        return page(request, "transfer/replace_foreseen.html", ForeseenPage(transfer, ws.title, found, tuple(_parts(found)), SHOWN))
    old, other = replacing.standing(ws, place)
    return page(request, "transfer/replace.html", GivePage(transfer, ws.title, place, old, "s" if which == "source" else "t", None, other))


@router.post("/t/{transfer}/replace/{which}")
def do(
    request: Request,
    house: House,
    visitor: Visitor,
    transfer: str,
    which: Literal["source", "target"],
    side: Annotated[str, Form()],
    version: Annotated[int, Form()],
    name: Annotated[str, Form()] = "",
) -> Response:
    """Put the new side in place, go back to the workspace."""
    replacing.replace(house, transfer, version, Place(which, name), side, by=visitor.person)
    return RedirectResponse(f"{base_of(request)}/t/{transfer}", 303)


def _parts(found: Replacement) -> Iterable[Part]:
    told = found.followed
    yield Part("moved", len(found.moved), _moved(found.moved))
    for name, keys in (("refound", told.refound), ("lost", told.lost), ("added", told.added), ("gone", told.gone)):
        if name != "refound" or found.place.which == "source":
            yield Part(name, len(keys), _folded(keys))


def _folded(keys: Iterable[str]) -> tuple[Line, ...]:
    return tuple(Line(template, "", len(family.members)) for template, family in families(keys).items())


def _moved(pairs: Iterable[tuple[str, str]]) -> tuple[Line, ...]:
    """Families of old keys, each with the family that its first key went to."""
    new = dict(pairs)
    return tuple(
        Line(template, next(iter(families([new[family.members[0][1]]]))), len(family.members)) for template, family in families(new).items()
    )
