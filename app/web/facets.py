"""What the keys of one side can be told apart by, as choices that put a term into its filter."""

from typing import Literal

from fastapi import APIRouter, Request
from starlette.responses import Response

from app import mapping
from app.services import workspaces
from app.viewing.facets import Facet
from app.web.asking import WAITED_FOR, House
from app.web.rendering import Context, page
from app.web.scenes import scene_of

router = APIRouter()


class Facets(Context, frozen=True):
    """The choices of one side; `statements` are the plan's rules, by index."""

    side: str
    facets: tuple[Facet, ...]
    statements: tuple[str, ...]


@router.get("/t/{transfer}/facets/{side}", dependencies=WAITED_FOR)
def facets(request: Request, house: House, transfer: str, side: Literal["s", "t"], source: str = "") -> Response:
    """List the facets of a side."""
    ws = workspaces.open_workspace(house, transfer)
    found = scene_of(request, ws, source).facets(side)
    return page(request, "transfer/_facets.html", Facets(side, found, tuple(mapping.statement(rule) for rule in ws.plan.rules)))
