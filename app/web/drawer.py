"""The drawer: the detail of what is selected, and the loader as it grows."""

from bisect import bisect_left

import msgspec
from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import PlainTextResponse, Response

from app import messages
from app.services import exports, proposals, tracing, workspaces
from app.services.cards import HistoryEntry, ProposalGroup
from app.services.workspaces import Workspace
from app.viewing.detail import Detail, detail
from app.viewing.rows import Side
from app.viewing.verdict import verdict
from app.web.asking import Body, House, Visitor
from app.web.edits import chosen
from app.web.highlighting import coloured
from app.web.rendering import Context, data, fragment, page

router = APIRouter()


class DetailPart(Context, frozen=True):
    """The tab of the selection; nothing where none is. `about` names what is selected to the review."""

    detail: Detail | None
    rows: int
    steps: tuple[HistoryEntry, ...] = ()
    groups: tuple[ProposalGroup, ...] = ()
    more: int = 0
    certain: int = 0
    waiting: int = 0
    thresholds: tuple[tuple[str, int], ...] = ()
    about: str = ""
    transfer: str = ""


class LoaderPart(Context, frozen=True):
    """The tab of the loader."""

    code: Markup | None
    says: str
    fresh: int
    id: str


class Shown(msgspec.Struct, frozen=True):
    """A fragment for a script."""

    html: str


@router.post("/t/{transfer}/detail")
def selected(request: Request, house: House, transfer: str, body: Body) -> Response:
    """Show what is known of the selected rows."""
    picked = chosen(request, house, transfer, body)
    side: Side = "t" if picked.rows.t else "s"
    rows = picked.rows.t or picked.rows.s
    if rows:
        shown = detail(picked.scene, picked.workspace.plan, side, rows[0])
        steps = tracing.of_key(house, picked.workspace, side, shown.key, picked.scene.name)
        about = f"target:{shown.key}" if side == "t" else f"source:{picked.scene.name}:{shown.key}"
        part = DetailPart(shown, len(rows), steps, about=about, transfer=transfer)
    else:
        part = _proposed(picked.workspace)
    return data(Shown(fragment(request, "transfer/_detail.html", part)))


_THRESHOLDS = (0.99, 0.95, 0.9, 0.8, 0.6)
_GROUPS = 40


def _proposed(ws: Workspace) -> DetailPart:
    """What waits, where nothing is selected: by group, and how much each confidence would take."""
    if not len(ws.proposals):
        return DetailPart(None, 0)
    found = sorted(proposals.groups(ws), key=lambda group: (group.accepted, group.confidence))
    confidences = sorted(each.confidence for part in ws.proposals.parts for each in part.proposals.values())
    counts = tuple((f"{least:.2f}", len(confidences) - bisect_left(confidences, least)) for least in _THRESHOLDS)
    return DetailPart(None, 0, (), tuple(found[:_GROUPS]), max(0, len(found) - _GROUPS), ws.proposals.certain, len(ws.proposals), counts)


@router.get("/t/{transfer}/loader")
def loader(request: Request, house: House, transfer: str) -> Response:
    """Show the script as it stands, and what torch would say."""
    ws = workspaces.open_workspace(house, transfer)
    script = exports.grown(house, transfer)
    fresh = ws.evaluation.coverage["initialised"].keys
    part = LoaderPart(
        None if script is None else coloured(shortened(script), "loader.py"), verdict(ws.evaluation, ws.sources, ws.target), fresh, ws.id
    )
    return page(request, "transfer/_loader.html", part)


_TABLE_ROWS = 12


def shortened(script: str) -> str:
    """The script with its long tables cut: what a person reads is what is done, not every key."""
    out: list[str] = []
    run = 0
    for line in [*script.splitlines(), ""]:
        row = line.startswith("    ") and line[4:5] in {'"', "'"} and line.endswith(",")
        if not row and run > _TABLE_ROWS:
            out.append(f"    # {messages.text('loader-more', count=run - _TABLE_ROWS)}")
        run = run + 1 if row else 0
        if run <= _TABLE_ROWS:
            out.append(line)
    return "\n".join(out)


@router.get("/t/{transfer}/loader.py")
def script(house: House, visitor: Visitor, transfer: str) -> Response:
    """The script alone, for the clipboard."""
    return PlainTextResponse(exports.script(house, transfer, taken=True, by=visitor.person))
