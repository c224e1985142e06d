"""The dialog that takes over a plan or another program's mapping: said first, then done as one edit."""

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from app import mapping
from app.services import imports, workspaces
from app.services.imports import Taken
from app.web.asking import Body, House, Visitor, parse
from app.web.edits import finished
from app.web.rendering import Context, data, fragment, page

router = APIRouter()
SHOWN = 6
"""Rules and left-out entries that the dialog shows."""


class ImportAsk(msgspec.Struct, frozen=True):
    """A text to take over, or (`apply` false) only to say what it is."""

    version: int
    text: str
    replace: bool = False
    apply: bool = False
    client: str = ""
    source: str = ""


class ImportDialog(Context, frozen=True):
    """The dialog; `text` is the plan as it stands, where that is to be changed."""

    rules: int
    text: str


class ImportReport(Context, frozen=True):
    """What was understood."""

    taken: Taken
    shown: int


@router.get("/t/{transfer}/import")
def dialog(request: Request, house: House, transfer: str) -> Response:
    """Show the dialog, empty."""
    ws = workspaces.open_workspace(house, transfer)
    return page(request, "transfer/_import.html", ImportDialog(len(ws.plan.rules), ""))


@router.get("/t/{transfer}/plan-text")
def text(request: Request, house: House, transfer: str) -> Response:
    """Show the dialog with the plan as it stands, to be changed as text."""
    ws = workspaces.open_workspace(house, transfer)
    return page(request, "transfer/_import.html", ImportDialog(len(ws.plan.rules), mapping.print_plan(ws.plan)))


@router.post("/t/{transfer}/import")
def bring(request: Request, house: House, visitor: Visitor, transfer: str, body: Body) -> Response:
    """Say what a text is; take it over where that is asked for."""
    asked = parse(body, ImportAsk)
    if asked.apply:
        taken = imports.take(house, transfer, asked.version, asked.text, replace=asked.replace, client=asked.client, by=visitor.person)
    else:
        taken = imports.look(house, transfer, asked.text)
    report = fragment(request, "transfer/_import_report.html", ImportReport(taken, SHOWN))
    if taken.applied is None:
        return data({"report": report, "rules": len(taken.rules)})
    done = msgspec.structs.asdict(finished(request, house, taken.applied, asked.source))
    return data({**done, "report": report, "rules": len(taken.rules)})
