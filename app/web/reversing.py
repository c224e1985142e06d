"""Reverse this transfer: one click, and a page that says what the way back loses."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.services import reversing
from app.services.reversing import Reversed
from app.web.asking import House, Visitor
from app.web.rendering import Context, page

router = APIRouter()
SHOWN = 200
"""Lost keys that the page lists."""


class ReversedPage(Context, frozen=True):
    """What came of it."""

    made: Reversed
    shown: int


@router.post("/t/{transfer}/reverse")
def reverse(request: Request, house: House, visitor: Visitor, transfer: str) -> Response:
    """Make the transfer that leads back, and say what is lost."""
    return page(request, "transfer/reversed.html", ReversedPage(reversing.reverse(house, transfer, by=visitor.person), SHOWN))
