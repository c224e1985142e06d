"""MAP: the workspace page, and the windows of rows that its panes ask for while they scroll."""

from typing import Any, Literal

import msgspec
from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import Response

from app import messages
from app.services import findings, library, sidebook, workspaces
from app.services.library import Offer
from app.services.workspaces import Workspace
from app.viewing.aligned import Lines
from app.viewing.hits import finder
from app.viewing.layout import Layout, View
from app.viewing.lines import spine
from app.viewing.links import Link, links
from app.viewing.meter import Meter
from app.viewing.rivals import Rival, rivals
from app.viewing.rows import RowMaker
from app.viewing.scene import Scene
from app.viewing.search import SearchError
from app.web.asking import WAITED_FOR, Body, House, Visitor, parse
from app.web.rendering import Context, compile_ahead, data, fragment, lines, page, safe_json
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
    """One look at the workspace. `find` asks for the partner of a row, `show` for the row itself, each by side and number.

    rank -- row of the target whose ranked candidates are wanted
    """

    s: PaneAsk
    t: PaneAsk
    mode: Literal["free", "aligned"] = "free"
    source: str = ""
    find: tuple[Literal["s", "t"], int] | None = None
    show: tuple[Literal["s", "t"], int] | None = None
    rank: int = 0


class Window(msgspec.Struct, frozen=True):
    """Rows of one pane, as markup; `found` leaves pass the filter, `above` are the rows over the first one in the tree."""

    first: int
    total: int
    html: str
    found: int | None = None
    above: str = ""


class Answer(msgspec.Struct, frozen=True):
    """What a look shows. `error` says why a filter cannot be read.

    at    -- line of the partner that was to be found, `partner` its number (0: it has none)
    shown -- line of the row that was to be shown, or of what it is folded into
    ranked -- lines of the candidates of a row, best first
    beside -- in the aligned view: leaves of the source that its filter keeps
    """

    version: int
    s: Window | None = None
    t: Window | None = None
    links: tuple[Link, ...] = ()
    error: str = ""
    at: int | None = None
    partner: int = 0
    shown: int | None = None
    ranked: tuple[Rival, ...] = ()
    beside: int | None = None


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
def workspace(request: Request, house: House, visitor: Visitor, transfer: str, source: str = "") -> Response:
    """Show the workspace; its rows come with the first look."""
    place = house.hub.place  # before anything is read: what happens meanwhile is told
    ws = workspaces.open_workspace(house, transfer, by=visitor.person)
    scene = scene_of(request, ws, source)
    start = {
        "transfer": ws.id,
        "version": ws.version,
        "place": place,
        "source": scene.name,
        "mode": "aligned" if scene.joined or ws.proposing else "free",
        "undo": ws.can_undo,
        "redo": ws.can_redo,
    }
    known, odd = library.offer(house, ws), findings.count(house, ws)
    shown = WorkspacePage(ws, scene.meter, len(ws.plan.rules), ws.proposing, odd, scene.name, safe_json(start), known)
    house.background.submit(compile_ahead)
    sidebook.unfold_ahead(house, ws.id, (*ws.sources.values(), ws.target))
    return page(request, "transfer/workspace.html", shown)


def meter_of(request: Request, house: Any, ws: Workspace, source: str) -> str:
    """The meter's markup, after something changed."""
    meter = scene_of(request, ws, source).meter
    part = MeterPart(meter, len(ws.plan.rules), ws.proposing, findings.count(house, ws), library.offer(house, ws))
    return fragment(request, "transfer/_meter.html", part)


@router.post("/t/{transfer}/view", dependencies=WAITED_FOR)
def look(request: Request, house: House, transfer: str, body: Body) -> Response:
    """Answer with the windows that a page wants, and the links between them."""
    ask = parse(body, Ask)
    ws = workspaces.open_workspace(house, transfer)
    scene = scene_of(request, ws, ask.source, (ask.s.folded, ask.t.folded))
    try:
        answer = _aligned(scene, ws, ask) if ask.mode == "aligned" else _free(scene, ws, ask)
    except SearchError as error:
        return data(Answer(ws.version, error=messages.error_text(error)))
    return data(answer)


def _free(scene: Scene, ws: Workspace, ask: Ask) -> Answer:
    layouts = scene.layout("s", ask.s.view), scene.layout("t", ask.t.view)
    spans = _span(ask.s, len(layouts[0].rows)), _span(ask.t, len(layouts[1].rows))
    return Answer(
        ws.version,
        _window(scene, "s", layouts[0], spans[0], ask.s.query),
        _window(scene, "t", layouts[1], spans[1], ask.t.query),
        links(scene.source_outline, scene.target_outline, scene.bonds, scene.target_marks, layouts, spans),
        at=_place(scene, ask, layouts),
        partner=scene.partner(*ask.find)[0] if ask.find else 0,
        shown=scene.line(*ask.show, layouts) if ask.show else None,
        ranked=rivals(scene, ask.rank, layouts[0]) if 0 < ask.rank < len(scene.target_outline) else (),
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


def _window(scene: Scene, side: Literal["s", "t"], layout: Layout, span: tuple[int, int], query: str) -> Window:
    made = RowMaker(scene, side, layout, finder(query), partners=True)
    html, above = (lines("transfer/_row.html", rows) for rows in (made.window(*span), made.above(span[0])))
    return Window(span[0], len(layout.rows), html, layout.found, above)


def _aligned(scene: Scene, ws: Workspace, ask: Ask) -> Answer:
    every, layout, find = scene.aligned(ask.t.view, ask.s.view), scene.layout("t", ask.t.view), finder(ask.t.query)
    first, count = _span(ask.t, len(every))
    html, above = (
        lines("transfer/_line.html", spine(scene, part, layout, find, finder(ask.s.query)))
        for part in (every[first : first + count], every.above(first))
    )
    window = Window(first, len(every), html, layout.found, above)
    at = _stands(every, *ask.find) if ask.find else None
    shown = _stands(every, *ask.show) if ask.show else None
    partner = scene.partner(*ask.find)[0] if ask.find else 0
    beside = scene.layout("s", ask.s.view).found if ask.s.view.filtered else None
    return Answer(ws.version, t=window, at=at, partner=partner, shown=shown, beside=beside)


def _stands(every: Lines, side: str, number: int) -> int | None:
    """Line of the aligned view where a node stands."""
    return every.of_source(number) if side == "s" else every.of_target(number)
