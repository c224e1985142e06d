"""What was approved before, on the workspace page: taken with one click, or forgotten."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app import messages
from app.services import library, recalling, workspaces
from app.web.asking import Body, House, Visitor, parse
from app.web.edits import Done, Rows, done
from app.web.rendering import data
from app.web.workspace import meter_of

router = APIRouter()


@router.post("/t/{transfer}/recall")
def recall(request: Request, house: House, visitor: Visitor, transfer: str, body: Body) -> Response:
    """Take the plan that was approved for the same two models."""
    asked = parse(body, Rows)
    return done(request, house, recalling.take(house, transfer, asked.version, client=asked.client, by=visitor.person), asked.source)


@router.post("/t/{transfer}/forget")
def forget(request: Request, house: House, visitor: Visitor, transfer: str, body: Body) -> Response:
    """No longer offer the plan that was approved for the same two models."""
    asked = parse(body, Rows)
    found = library.of_transfer(house, transfer)
    if found is not None:
        library.forget(house, found.id, by=visitor.person)
    ws = workspaces.open_workspace(house, transfer, by=visitor.person)
    meter = meter_of(request, house, ws, asked.source)
    return data(Done(ws.version, messages.text("memory-forgotten"), ws.can_undo, ws.can_redo, meter))
