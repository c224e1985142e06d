"""For machines that watch over it: is it alive, is it ready, how does it do."""

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse

from app.api.failures import UnexpectedError
from app.api.house import House
from app.api.meter import Meter

router = APIRouter(include_in_schema=False, default_response_class=PlainTextResponse)


@router.get("/livez")
async def live() -> str:
    """The process answers."""
    return "ok\n"


@router.get("/readyz")
def ready(house: House) -> str:
    """The database answers too."""
    if not house.database.ready():
        raise UnexpectedError("not_ready")
    return "ok\n"


@router.get("/metrics")
def metrics(request: Request, house: House) -> PlainTextResponse:
    """Counts in Prometheus' text format."""
    meter: Meter = request.app.state.meter
    return PlainTextResponse(meter.text(house), media_type="text/plain; version=0.0.4; charset=utf-8")
