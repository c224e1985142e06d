"""STATUS: the walls of the sandbox, versions, database, data folder."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.services.condition import Condition, condition
from app.web.asking import House
from app.web.rendering import Context, page

router = APIRouter()


class StatusPage(Context, frozen=True):
    """The page `/status`."""

    condition: Condition


@router.get("/status")
def status(request: Request, house: House) -> Response:
    """Show how this server does."""
    return page(request, "status/status.html", StatusPage(condition(house)))
