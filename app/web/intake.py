"""Ways in: text, uploads, paths from the picker, code that is to be built; each answers with the card of a side."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, UploadFile
from starlette.responses import Response

from app.services import browse, remote, sides
from app.services.cards import Listing, SideCard
from app.web.asking import House, Visitor
from app.web.new import Slot
from app.web.rendering import Context, data, page
from app.web.unbuilt import UNBUILT, unbuilt

router = APIRouter()


class Picker(Context, frozen=True):
    """The file picker."""

    side: str
    listing: Listing


def slot(request: Request, card: SideCard, side: str, other: str) -> Response:
    """Answer with the card of a side."""
    return page(request, "new/_slot.html", Slot(side, card, other))


@router.post("/sides")
def understand(
    request: Request,
    house: House,
    visitor: Visitor,
    side: Annotated[str, Form()],
    text: Annotated[str, Form()] = "",
    other: Annotated[str, Form()] = "",
    reading: Annotated[str, Form()] = "",
) -> Response:
    """Understand what was pasted or typed: a path, a URL, a model's name, keys, an error, code."""
    try:
        card = sides.understand(house, text, against=other or None, reading=reading, by=visitor.person)
    except UNBUILT as error:
        if not request.headers.get("HX-Request"):
            raise
        return unbuilt(request, error, side)
    return slot(request, card, side, other)


@router.get("/readings/{reading}")
def progress(house: House, visitor: Visitor, reading: str) -> Response:
    """Say how many bytes a remote reading brought so far."""
    received = remote.progress(house, reading, by=visitor.person)
    return data({"going": received is not None, "received": received or 0})


@router.post("/readings/{reading}/cancel")
def cancel(house: House, visitor: Visitor, reading: str) -> Response:
    """End a remote reading."""
    remote.cancel(house, reading, by=visitor.person)
    return data({})


@router.post("/sides/upload")
def upload(
    request: Request, house: House, visitor: Visitor, file: UploadFile, side: Annotated[str, Form()], other: Annotated[str, Form()] = ""
) -> Response:
    """Take a small file as a whole: code, text, a configuration."""
    return slot(request, sides.upload(house, file.filename or "", file.file.read(), against=other or None, by=visitor.person), side, other)


@router.post("/sides/{card}/nest")
def nest(
    request: Request,
    house: House,
    visitor: Visitor,
    card: str,
    side: Annotated[str, Form()],
    nesting: Annotated[list[str] | None, Form()] = None,
    other: Annotated[str, Form()] = "",
) -> Response:
    """Take another tree of the same file."""
    return slot(request, sides.nest(house, card, nesting or [], by=visitor.person), side, other)


@router.get("/sides/{card}")
def card(request: Request, house: House, card: str, side: str, other: str = "") -> Response:
    """Show what a side is."""
    return slot(request, sides.card(house, card), side, other)


@router.get("/slot")
def empty(request: Request, side: str, other: str = "") -> Response:
    """Show a side that nothing was given for."""
    return page(request, "new/_slot.html", Slot(side, None, other))


@router.get("/browse")
def pick(request: Request, house: House, side: str, path: str = "") -> Response:
    """Show a folder under an allowed root."""
    listing = browse.folder(house, path) if path else browse.roots(house)
    return page(request, "new/_picker.html", Picker(side, listing))
