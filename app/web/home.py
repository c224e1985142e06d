"""HOME: the box, the example, the list of transfers."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from app.services import transfers
from app.services.cards import TransferCard
from app.web.asking import House
from app.web.rendering import Context, base_of, page

router = APIRouter()


class HomePage(Context, frozen=True):
    """The page `/`."""

    transfers: tuple[TransferCard, ...]
    archived: bool


class TransferList(Context, frozen=True):
    """The list alone, after one of its lines changed."""

    transfers: tuple[TransferCard, ...]
    archived: bool


@router.get("/")
def home(request: Request, house: House, archived: bool = False) -> Response:
    """Show the box and the transfers."""
    return page(request, "home/home.html", HomePage(transfers.listed(house, archived=archived), archived))


@router.post("/example")
def example(request: Request, house: House) -> Response:
    """Make the example, go to it."""
    return RedirectResponse(f"{base_of(request)}/t/{transfers.example(house).id}", 303)


@router.post("/t/{transfer}/rename")
def rename(request: Request, house: House, transfer: str, title: Annotated[str, Form()]) -> Response:
    """Give a transfer another title."""
    transfers.rename(house, transfer, title)
    return _list(request, house)


@router.post("/t/{transfer}/archive")
def archive(request: Request, house: House, transfer: str, archived: Annotated[bool, Form()] = True) -> Response:
    """Put a transfer away, or take it back."""
    transfers.archive(house, transfer, archived=archived)
    return _list(request, house, archived=not archived)


@router.post("/t/{transfer}/delete")
def delete(request: Request, house: House, transfer: str) -> Response:
    """Delete a transfer for good."""
    transfers.delete(house, transfer)
    return _list(request, house, archived=True)


def _list(request: Request, house: House, *, archived: bool = False) -> Response:
    if not request.headers.get("HX-Request"):
        return RedirectResponse(f"{base_of(request)}/{'?archived=true' if archived else ''}", 303)
    return page(request, "home/_transfers.html", TransferList(transfers.listed(house, archived=archived), archived))
