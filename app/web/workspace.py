"""MAP: the workspace page, and the windows of rows that its panes ask for while they scroll."""

from typing import Any, Literal

import msgspec
from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import Response

from app import messages
from app.services import findings, library, workspaces
from app.services.library import Offer
from app.services.workspaces import Workspace
from app.viewing.layout import Layout, View
from app.viewing.lines import Spine, spine
from app.viewing.links import Link, links
from app.viewing.meter import Meter
from app.viewing.rows import Row, rows
from app.viewing.scene import Scene
from app.viewing.search import SearchError, hit_of
from app.web.asking import Body, House, parse
from app.web.rendering import Context, data, fragment, page, safe_json
from app.web.scenes import scene_of

router = APIRouter()
TALLEST = 400
"""Rows of one window."""


class PaneAsk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one pane shows, and which window of it is wanted."""

    expand: Literal["first", "all", "none"] = "first"
    toggled: frozenset[int] = frozenset()
    query: str = ""
    states: frozenset[str] = frozenset()
    folded: bool = True
    top: int = 0
    count: int = 100

    @property
    def view(self) -> View:
        """Without the window."""
        return View(self.expand, self.toggled, self.query, self.states, self.folded)


class Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One look at the workspace."""

    s: PaneAsk
    t: PaneAsk
    mode: Literal["free", "aligned"] = "free"
    source: str = ""
    find: tuple[Literal["s", "t"], int] | None = None


class Window(msgspec.Struct, frozen=True):
    """Rows of one pane, as markup; `found` leaves pass the filter."""

    first: int
    total: int
    html: str
    found: int | None = None


class Answer(msgspec.Struct, frozen=True):
    """What a look shows. `error` says why a filter cannot be read; `at` is the line of what was to be found."""

    version: int
    s: Window | None = None
    t: Window | None = None
    links: tuple[Link, ...] = ()
    error: str = ""
    at: int | None = None


class RowList(Context, frozen=True):
    """A window of one pane."""

    rows: tuple[Row, ...]


class SpineList(Context, frozen=True):
    """A window of the aligned view."""

    lines: tuple[Spine, ...]


class MeterPart(Context, frozen=True):
    """The meter alone, after an edit."""

    meter: Meter
    rules: int
    proposing: bool
    odd: int | None
    recalled: Offer | None


class WorkspacePage(Context, frozen=True):
    """The page `/t/{id}`."""

    ws: Workspace
    meter: Meter
    rules: int
    proposing: bool
    odd: int | None
    source: str
    start: Markup
    recalled: Offer | None


@router.get("/t/{transfer}")
def workspace(request: Request, house: House, transfer: str, source: str = "") -> Response:
    """Show the workspace; its rows come with the first look."""
    ws = workspaces.open_workspace(house, transfer)
    scene = scene_of(request, ws, source)
    start = {
        "transfer": ws.id,
        "version": ws.version,
        "source": scene.name,
        "mode": "aligned" if scene.joined or ws.proposing else "free",
        "undo": ws.can_undo,
        "redo": ws.can_redo,
    }
    known, odd = library.offer(house, ws), findings.count(house, ws)
    shown = WorkspacePage(ws, scene.meter, len(ws.plan.rules), ws.proposing, odd, scene.name, safe_json(start), known)
    return page(request, "transfer/workspace.html", shown)


def meter_of(request: Request, house: Any, ws: Workspace, source: str) -> str:
    """The meter's markup, after something changed."""
    meter = scene_of(request, ws, source).meter
    part = MeterPart(meter, len(ws.plan.rules), ws.proposing, findings.count(house, ws), library.offer(house, ws))
    return fragment(request, "transfer/_meter.html", part)


@router.post("/t/{transfer}/view")
def look(request: Request, house: House, transfer: str, body: Body) -> Response:
    """Answer with the windows that a page wants, and the links between them."""
    ask = parse(body, Ask)
    ws = workspaces.open_workspace(house, transfer)
    scene = scene_of(request, ws, ask.source, (ask.s.folded, ask.t.folded))
    try:
        answer = _aligned(request, scene, ws, ask) if ask.mode == "aligned" else _free(request, scene, ws, ask)
    except SearchError as error:
        return data(Answer(ws.version, error=messages.error_text(error)))
    return data(answer)


def _free(request: Request, scene: Scene, ws: Workspace, ask: Ask) -> Answer:
    layouts = scene.layout("s", ask.s.view), scene.layout("t", ask.t.view)
    spans = _span(ask.s, len(layouts[0].rows)), _span(ask.t, len(layouts[1].rows))
    return Answer(
        ws.version,
        _window(request, scene, "s", layouts[0], spans[0], ask.s.query),
        _window(request, scene, "t", layouts[1], spans[1], ask.t.query),
        links(scene.source_outline, scene.target_outline, scene.bonds, scene.target_marks, layouts, spans),
        at=_place(scene, ask, layouts),
    )


def _place(scene: Scene, ask: Ask, layouts: tuple[Layout, Layout]) -> int | None:
    """Line in the other pane where the partner of a row stands."""
    if ask.find is None:
        return None
    side, number = ask.find
    return scene.partner_line(side, number, layouts)


def _span(ask: PaneAsk, total: int) -> tuple[int, int]:
    count = max(1, min(ask.count, TALLEST))
    return max(0, min(ask.top, total - count)), count


def _window(request: Request, scene: Scene, side: Literal["s", "t"], layout: Layout, span: tuple[int, int], query: str) -> Window:
    outline, tree, marks = scene.outline(side), scene.tree(side), scene.marks(side)
    made = rows(side, outline, tree, marks, layout, *span, hit=hit_of(query))
    return Window(span[0], len(layout.rows), fragment(request, "transfer/_rows.html", RowList(made)), layout.found)


def _aligned(request: Request, scene: Scene, ws: Workspace, ask: Ask) -> Answer:
    lines = scene.aligned(ask.t.view)
    first, count = _span(ask.t, len(lines))
    made = spine(scene, lines[first : first + count], scene.layout("t", ask.t.view), hit_of(ask.t.query))
    window = Window(first, len(lines), fragment(request, "transfer/_spine.html", SpineList(made)), scene.layout("t", ask.t.view).found)
    at = scene.line_of(lines, *ask.find) if ask.find else None
    return Answer(ws.version, t=window, at=at)
