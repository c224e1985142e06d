"""All addresses of the API."""

from typing import Any

from fastapi import FastAPI

from app.api import (
    account,
    audit,
    checks,
    credentials,
    edits,
    exports,
    health,
    jobs,
    lending,
    library,
    people,
    replacing,
    reviews,
    sharing,
    sides,
    transfers,
    values,
    views,
)
from app.api.failures import Failure

_REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": Failure, "description": what}
    for status, what in (
        (401, "Not known here"),
        (400, "Cannot be read or done"),
        (403, "Not allowed here"),
        (404, "Not here"),
        (409, "Changed meanwhile"),
        (413, "Too large"),
        (422, "Not understood"),
        (429, "Too often"),
    )
}


def attach(app: FastAPI) -> None:
    """Put the API into an application."""
    for part in (
        sides.router,
        lending.router,
        transfers.router,
        edits.router,
        edits.schemas,
        exports.router,
        checks.router,
        jobs.router,
        library.router,
        reviews.router,
        views.router,
        replacing.router,
        values.router,
        credentials.router,
        account.router,
        people.router,
        sharing.router,
        audit.router,
    ):
        app.include_router(part, prefix="/api/v1", responses=_REFUSALS)
    app.include_router(health.router)
