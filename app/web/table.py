"""The table of mappings: its window of rows, and rows of the source that could fill one of the target, for editing in place."""

from typing import Literal

import msgspec
from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import Response

from app import messages
from app.services import workspaces
from app.viewing.layout import View
from app.viewing.search import SearchError
from app.viewing.suggest import Suggested, suggest
from app.viewing.table import Column, printed, table
from app.web.asking import WAITED_FOR, Body, House, parse
from app.web.rendering import Context, data, fragment, lines
from app.web.scenes import scene_of

router = APIRouter()
TALLEST = 300
"""Rows of one window."""


class Look(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the table is looked at: the filters of both sides, the order, the window, a row of the target that is to be found."""

    s: View
    t: View
    source: str = ""
    by: Column = "target"
    falling: bool = False
    top: int = 0
    count: int = 100
    show: tuple[Literal["s", "t"], int] | None = None


class TableRows(Context, frozen=True):
    """A window of the table."""

    rows: Markup


class Shown(msgspec.Struct, frozen=True):
    """A window for a script; `shown` is the place of the row that was to be found."""

    version: int
    first: int = 0
    total: int = 0
    html: str = ""
    error: str = ""
    shown: int | None = None


class Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which source rows could fill a row of the target; `query` is what was typed so far."""

    row: int
    query: str = ""
    source: str = ""
    folded: tuple[bool, bool] = (True, True)


class Rows(msgspec.Struct, frozen=True):
    """Rows that fit first."""

    rows: tuple[Suggested, ...]


@router.post("/t/{transfer}/table", dependencies=WAITED_FOR)
def look(request: Request, house: House, transfer: str, body: Body) -> Response:
    """Show a window of the table."""
    asked = parse(body, Look)
    ws = workspaces.open_workspace(house, transfer)
    scene = scene_of(request, ws, asked.source, (asked.s.folded, asked.t.folded))
    try:
        listed = table(scene, (asked.s, asked.t), asked.by, falling=asked.falling)
    except SearchError as error:
        return data(Shown(ws.version, error=messages.error_text(error)))
    count = max(1, min(asked.count, TALLEST))
    shown = listed.line(*asked.show) if asked.show else None
    first = max(0, min(asked.top, len(listed) - count))
    rows = Markup(lines("transfer/_table_row.html", printed(scene, listed, first, count, (asked.s.query, asked.t.query))))  # noqa: S704  # a template wrote it
    return data(Shown(ws.version, first, len(listed), fragment(request, "transfer/_table_rows.html", TableRows(rows)), shown=shown))


@router.post("/t/{transfer}/suggest")
def suggested(request: Request, house: House, transfer: str, body: Body) -> Response:
    """List source rows by name that could fill a row, those whose shape fits first."""
    asked = parse(body, Ask)
    scene = scene_of(request, workspaces.open_workspace(house, transfer), asked.source, asked.folded)
    return data(Rows(suggest(scene, asked.row, asked.query) if 0 < asked.row < len(scene.target_outline) else ()))
