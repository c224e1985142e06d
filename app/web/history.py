"""History: every step of a transfer, and the way back to any of them."""

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from app import mapping, messages
from app.services import edits
from app.services.cards import HistoryEntry
from app.web.asking import Body, House, Visitor, parse
from app.web.edits import done
from app.web.rendering import Context, data, page

router = APIRouter()
SHOWN = 200


class Step(msgspec.Struct, frozen=True):
    """One step as it is shown: the entry, and the statements that it brought and took."""

    entry: HistoryEntry
    added: tuple[str, ...]
    removed: tuple[str, ...]


class HistoryPart(Context, frozen=True):
    """The tab of history, newest first."""

    steps: tuple[Step, ...]
    version: int
    named: int
    only: bool


class Name(msgspec.Struct, frozen=True):
    """A name for a version."""

    version: int
    name: str


class Jump(msgspec.Struct, frozen=True):
    """A version to go back to."""

    to: int
    client: str = ""
    source: str = ""


@router.get("/t/{transfer}/history")
def history(request: Request, house: House, transfer: str, named: bool = False) -> Response:
    """Show who did what, when; or the named versions alone."""
    steps = tuple(
        Step(entry, tuple(map(mapping.statement, entry.added)), tuple(map(mapping.statement, entry.removed)))
        for entry in edits.history(house, transfer, limit=SHOWN)
    )
    names = [step for step in steps if step.entry.name]
    version = steps[0].entry.version if steps else 0
    return page(request, "transfer/_history.html", HistoryPart(tuple(names) if named else steps, version, len(names), named))


@router.post("/t/{transfer}/name")
def name(house: House, visitor: Visitor, transfer: str, body: Body) -> Response:
    """Give a version a name, or take it away."""
    asked = parse(body, Name)
    edits.name_version(house, transfer, asked.version, asked.name, by=visitor.person)
    said = "status-named" if asked.name.strip() else "status-unnamed"
    return data({"said": messages.text(said, version=asked.version, name=asked.name.strip())})


@router.post("/t/{transfer}/jump")
def jump(request: Request, house: House, visitor: Visitor, transfer: str, body: Body) -> Response:
    """Make an earlier version the newest; that is a step itself."""
    asked = parse(body, Jump)
    return done(request, house, edits.jump(house, transfer, asked.to, client=asked.client, by=visitor.person), asked.source)
