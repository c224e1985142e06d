"""INBOX: what waits for me."""

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, Response

from app.services import inbox
from app.services.inbox import Waiting
from app.web.asking import House, Visitor
from app.web.rendering import Context, page

router = APIRouter()


class InboxPage(Context, frozen=True):
    """The page `/inbox`."""

    waiting: tuple[Waiting, ...]


@router.get("/inbox")
def show(request: Request, house: House, visitor: Visitor) -> Response:
    """Show what waits for me, the newest first."""
    return page(request, "review/inbox.html", InboxPage(inbox.waiting(house, by=visitor.person)))


@router.get("/inbox/count")
def count(house: House, visitor: Visitor) -> Response:
    """How much it is, for the head of every page; nothing where nothing waits."""
    found = len(inbox.waiting(house, by=visitor.person))
    return PlainTextResponse(str(found) if found else "", headers={"Cache-Control": "no-store"})
