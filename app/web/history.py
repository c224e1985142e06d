"""History: every step of a transfer, and the way back to any of them."""

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from app import mapping
from app.services import edits
from app.services.cards import HistoryEntry
from app.web.asking import Body, House, parse
from app.web.edits import done
from app.web.rendering import Context, page

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


class Jump(msgspec.Struct, frozen=True):
    """A version to go back to."""

    to: int
    client: str = ""
    source: str = ""


@router.get("/t/{transfer}/history")
def history(request: Request, house: House, transfer: str) -> Response:
    """Show who did what, when."""
    steps = tuple(
        Step(entry, tuple(map(mapping.statement, entry.added)), tuple(map(mapping.statement, entry.removed)))
        for entry in edits.history(house, transfer, limit=SHOWN)
    )
    return page(request, "transfer/_history.html", HistoryPart(steps))


@router.post("/t/{transfer}/jump")
def jump(request: Request, house: House, transfer: str, body: Body) -> Response:
    """Make an earlier version the newest; that is a step itself."""
    asked = parse(body, Jump)
    return done(request, house, edits.jump(house, transfer, asked.to, client=asked.client), asked.source)
