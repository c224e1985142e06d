"""Making the new file in the browser: the card on the export page, and the list of pieces."""

import gzip
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from app import messages
from app.exporting import BLOCKED, SCATTERED
from app.services import composing, workspaces
from app.services.composing import Prospect
from app.viewing.sizes import bytes_text
from app.web.asking import House, Visitor
from app.web.rendering import Context, page

router = APIRouter()
_LEVEL = 3
"""Headers of keys shrink to a tenth at the lowest levels already; the highest take ten times as long."""


_SHARDS = (0, 1_000_000_000, 5_000_000_000, 10_000_000_000)
_LISTED = 20


class ComposeCard(Context, frozen=True):
    """The card of a transfer of which a source stays in the browser.

    names  -- of the files that come out, as JSON
    shards -- sizes to choose from, with their words
    listed -- how many obstacles are shown
    """

    transfer: str
    lent: bool
    prospect: Prospect
    shard: str
    names: str
    shards: tuple[tuple[str, str], ...]
    blocked: str = BLOCKED
    scattered: str = SCATTERED
    listed: int = _LISTED


@router.get("/t/{transfer}/compose")
def card(request: Request, house: House, transfer: str, shard: Annotated[str, Query(alias="max_shard_size")] = "") -> Response:
    """Show what composing would take and give; nothing where no source stays in a browser."""
    lent = composing.lends(workspaces.open_workspace(house, transfer))
    found = composing.prospect(house, transfer, {"max_shard_size": shard}) if lent else Prospect(False)
    names = msgspec.json.encode([file.name for file in found.files]).decode()
    return page(request, "transfer/_compose.html", ComposeCard(transfer, lent, found, shard, names, _choices()))


def _choices() -> tuple[tuple[str, str], ...]:
    whole = messages.text("compose-one-file")
    return tuple((str(size or ""), messages.text("compose-shard", size=bytes_text(size)) if size else whole) for size in _SHARDS)


@router.get("/t/{transfer}/composition")
def composition(
    request: Request, house: House, visitor: Visitor, transfer: str, shard: Annotated[str, Query(alias="max_shard_size")] = ""
) -> Response:
    """Hand over the list of pieces."""
    return packed(request, composing.document(house, transfer, {"max_shard_size": shard}, by=visitor.person))


def packed(request: Request, document: bytes) -> Response:
    """Answer with bytes, gzipped here where the asker takes that: the middleware would do it on the event loop."""
    headers = {"Cache-Control": "no-store", "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        document = gzip.compress(document, _LEVEL)
        headers["Content-Encoding"] = "gzip"
    return Response(document, media_type="application/octet-stream", headers=headers)
