"""EXPORT: ways out as cards, a preview, copy and download."""

from pathlib import Path
from urllib.parse import quote

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import FileResponse, Response

from app.services import exports, workspaces
from app.services.cards import ExportKind
from app.services.workspaces import Workspace
from app.viewing.meter import Meter
from app.web.asking import House
from app.web.highlighting import LONGEST, coloured
from app.web.rendering import Context, page
from app.web.scenes import scene_of

router = APIRouter()


class ExportPage(Context, frozen=True):
    """The page `/t/{id}/export`."""

    ws: Workspace
    meter: Meter
    kinds: tuple[ExportKind, ...]
    chosen: ExportKind
    code: Markup
    shortened: bool
    lent: bool
    command: str


@router.get("/t/{transfer}/export")
def export(request: Request, house: House, transfer: str, kind: str = "script") -> Response:
    """Show the ways out, and one of them in full."""
    ws = workspaces.open_workspace(house, transfer)
    kinds = exports.kinds(house, transfer)
    chosen = next((each for each in kinds if each.kind == kind), kinds[0])
    text = exports.preview(house, transfer, chosen.kind) if chosen.previewed or chosen.available else ""
    lent = any(card.kind == "lent" for card in ws.source_cards.values())
    shown = ExportPage(
        ws,
        scene_of(request, ws).meter,
        kinds,
        chosen,
        coloured(text, chosen.filename if chosen.previewed else "contents.txt"),
        len(text) > LONGEST,
        lent,
        exports.apply_line(house, transfer),
    )
    return page(request, "transfer/export.html", shown)


@router.get("/t/{transfer}/download/{kind}")
def download(house: House, transfer: str, kind: str) -> Response:
    """Hand an export over as a file."""
    made = exports.export(house, transfer, kind)
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(made.filename)}", "Cache-Control": "no-store"}
    if made.path:
        return FileResponse(Path(made.path), media_type=made.media_type, headers=headers)
    return Response(made.data, media_type=made.media_type, headers=headers)
