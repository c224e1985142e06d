"""NEW: source and target, each by every way in, with a card that says what was understood."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from app.services import sides, transfers
from app.services.cards import SideCard
from app.web.asking import House, Visitor
from app.web.rendering import Context, base_of, page

router = APIRouter()


class Slot(Context, frozen=True):
    """One of the two sides: `s` where the weights come from, `t` the model."""

    side: str
    card: SideCard | None
    other: str


class NewPage(Context, frozen=True):
    """The page `/new`."""

    source: Slot
    target: Slot


@router.get("/new")
def new(request: Request, house: House, visitor: Visitor, source: str = "", target: str = "") -> Response:
    """Show both sides; what was given already stands in the address, so a reload keeps it."""
    cards = [sides.named(house, side, by=visitor.person) if side else None for side in (source, target)]
    return page(request, "new/new.html", NewPage(Slot("s", cards[0], target), Slot("t", cards[1], source)))


@router.post("/transfers")
def create(
    request: Request,
    house: House,
    visitor: Visitor,
    source: Annotated[str, Form()],
    target: Annotated[str, Form()],
    title: Annotated[str, Form()] = "",
) -> Response:
    """Start a transfer from two sides, go to it."""
    made = transfers.create(house, {"": source}, target, title=title, by=visitor.person)
    return RedirectResponse(f"{base_of(request)}/t/{made.id}", 303)
