"""VALUES: compare the tensors of both sides, see what was found, take it."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from app.services import jobs, values, workspaces
from app.services.values import Found, Standing
from app.web.asking import House, Visitor
from app.web.rendering import Context, base_of, page

router = APIRouter()
SHOWN = 200
"""Families on the page."""


class ValuesPage(Context, frozen=True):
    """The page `/t/{id}/values`, and the part of it that changes while the comparison runs."""

    transfer: str
    title: str
    version: int
    found: Found
    shown: int


def _shown(house: House, visitor: Visitor, transfer: str) -> ValuesPage:
    ws = workspaces.open_workspace(house, transfer, by=visitor.person)
    found = values.found(house, transfer, by=visitor.person)
    return ValuesPage(transfer, ws.title, ws.version, found, SHOWN)


@router.get("/t/{transfer}/values")
def look(request: Request, house: House, visitor: Visitor, transfer: str) -> Response:
    """Show what is known, and the way to know more."""
    return page(request, "transfer/values.html", _shown(house, visitor, transfer))


@router.get("/t/{transfer}/values/state")
def state(request: Request, house: House, visitor: Visitor, transfer: str) -> Response:
    """Show how far the comparison is."""
    return page(request, "transfer/_values.html", _shown(house, visitor, transfer))


@router.post("/t/{transfer}/values")
def begin(request: Request, house: House, visitor: Visitor, transfer: str) -> Response:
    """Start a comparison."""
    values.start(house, transfer, by=visitor.person)
    return _back(request, transfer)


@router.post("/t/{transfer}/values/stop")
def stop(request: Request, house: House, visitor: Visitor, transfer: str) -> Response:
    """End the comparison that runs."""
    found = values.found(house, transfer, by=visitor.person)
    if found.job is not None:
        jobs.cancel(house, found.job.id)
    return _back(request, transfer)


@router.post("/t/{transfer}/values/take")
def take(
    request: Request,
    house: House,
    visitor: Visitor,
    transfer: str,
    standing: Annotated[Standing, Form()],
    version: Annotated[int, Form()],
) -> Response:
    """Map what was found, and go back to the workspace."""
    values.take(house, transfer, version, standing, by=visitor.person)
    return RedirectResponse(f"{base_of(request)}/t/{transfer}", 303)


def _back(request: Request, transfer: str) -> Response:
    return RedirectResponse(f"{base_of(request)}/t/{transfer}/values", 303)
