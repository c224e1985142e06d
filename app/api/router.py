"""All addresses of the API."""

from typing import Any

from fastapi import APIRouter, FastAPI

from app.api import edits, exports, health, library, sides, transfers
from app.api.failures import Failure

_REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": Failure, "description": what}
    for status, what in (
        (400, "Cannot be read or done"),
        (403, "Not allowed here"),
        (404, "Not here"),
        (409, "Changed meanwhile"),
        (413, "Too large"),
        (422, "Not understood"),
    )
}


def attach(app: FastAPI) -> None:
    """Put the API into an application."""
    router = APIRouter(prefix="/api/v1", responses=_REFUSALS)
    for part in (sides.router, transfers.router, edits.router, edits.schemas, exports.router, library.router):
        router.include_router(part)
    app.include_router(router)
    app.include_router(health.router)
