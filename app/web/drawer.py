"""The drawer: the detail of what is selected, and the loader as it grows."""

import msgspec
from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import PlainTextResponse, Response

from app.services import exports, workspaces
from app.viewing.detail import Detail, detail
from app.viewing.rows import Side
from app.viewing.verdict import verdict
from app.web.asking import Body, House
from app.web.edits import chosen
from app.web.highlighting import coloured
from app.web.rendering import Context, data, fragment, page

router = APIRouter()


class DetailPart(Context, frozen=True):
    """The tab of the selection; nothing where none is."""

    detail: Detail | None
    rows: int


class LoaderPart(Context, frozen=True):
    """The tab of the loader."""

    code: Markup
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
    shown = detail(picked.scene, picked.workspace.plan, side, rows[0]) if rows else None
    return data(Shown(fragment(request, "transfer/_detail.html", DetailPart(shown, len(rows)))))


@router.get("/t/{transfer}/loader")
def loader(request: Request, house: House, transfer: str) -> Response:
    """Show the script as it stands, and what torch would say."""
    ws = workspaces.open_workspace(house, transfer)
    script = exports.script(house, transfer)
    fresh = sum(outcome.state == "initialised" for outcome in ws.evaluation.targets.values())
    part = LoaderPart(coloured(script, "loader.py"), verdict(ws.evaluation, ws.sources, ws.target), fresh, ws.id)
    return page(request, "transfer/_loader.html", part)


@router.get("/t/{transfer}/loader.py")
def script(house: House, transfer: str) -> Response:
    """The script alone, for the clipboard."""
    return PlainTextResponse(exports.script(house, transfer, taken=True))
