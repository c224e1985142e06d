"""Ways out."""

from fastapi import APIRouter, Request, Response
from starlette.responses import FileResponse, PlainTextResponse

from app.api import models
from app.api.house import House, Visitor
from app.services import exports

router = APIRouter(prefix="/transfers/{transfer}/exports", tags=["exports"])


@router.get("", response_model=list[models.ExportKindOut])
def kinds(house: House, transfer: str) -> object:
    """What can be exported, and what stands in the way of the rest."""
    return exports.kinds(house, transfer)


@router.get("/{kind}/preview", responses={200: {"content": {"text/plain": {}}}})
def preview(request: Request, house: House, transfer: str, kind: str) -> Response:
    """The export's text, or what would be in the file; options as query parameters."""
    return PlainTextResponse(exports.preview(house, transfer, kind, dict(request.query_params)))


@router.get("/{kind}")
def export(request: Request, house: House, visitor: Visitor, transfer: str, kind: str) -> Response:
    """Download; options as query parameters."""
    made = exports.export(house, transfer, kind, dict(request.query_params), by=visitor.person)
    if made.path:
        return FileResponse(made.path, media_type=made.media_type, filename=made.filename)
    headers = {"Content-Disposition": f'attachment; filename="{made.filename}"'}
    return Response(made.data, media_type=made.media_type, headers=headers)
