"""HOME: the box, the example, the list of transfers and what it is narrowed to."""

from typing import Annotated

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from starlette.responses import RedirectResponse, Response

from app.services import finding, sides, transfers
from app.services.cards import TransferCard
from app.services.finding import STATES, Person, Sought
from app.services.visitors import Action
from app.web.asking import House, Visitor
from app.web.rendering import Context, base_of, page

router = APIRouter()

Text = Annotated[str, Query(max_length=400)]
Name = Annotated[str, Query(max_length=40)]
FormText = Annotated[str, Form(max_length=400)]
FormName = Annotated[str, Form(max_length=40)]


class TransferList(Context, frozen=True):
    """The list alone: after one of its lines changed, or something else is looked for."""

    transfers: tuple[TransferCard, ...]
    archived: bool
    sought: Sought
    allowed: dict[str, frozenset[Action]]


class HomePage(TransferList, frozen=True):
    """The page `/`."""

    states: tuple[str, ...]
    people: tuple[Person, ...]


def _sought(text: str, state: str, who: str, *, archived: bool = False) -> Sought:
    """What is looked for; a state that is none is no wish."""
    chosen: finding.State = next((each for each in STATES if each == state), "")
    return Sought(text, "archived" if archived else chosen, who)


def _found(house: House, visitor: Visitor, sought: Sought) -> TransferList:
    cards = finding.find(house, visitor, sought)
    return TransferList(cards, sought.state == "archived", sought, finding.allowed(house, visitor, cards))


@router.get("/")
def home(
    request: Request, house: House, visitor: Visitor, archived: bool = False, q: Text = "", state: Name = "", who: Name = ""
) -> Response:
    """Show the box and the transfers; the list alone, where only that is asked for."""
    found = _found(house, visitor, _sought(q, state, who, archived=archived))
    if request.headers.get("HX-Request"):
        return page(request, "home/_transfers.html", found)
    shown = HomePage(found.transfers, found.archived, found.sought, found.allowed, STATES, finding.people(house, visitor))
    return page(request, "home/home.html", shown)


@router.post("/from-plan")
def from_plan(
    request: Request,
    house: House,
    visitor: Visitor,
    source: Annotated[str, Form()],
    plan: Annotated[str, Form()] = "",
    file: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Begin a transfer with a plan, pasted or as a file; the target is the one that the plan carries."""
    text = plan if plan.strip() or file is None else file.file.read(house.settings.text_bytes).decode("utf-8", "replace")
    given = sides.understand(house, source, by=visitor.person)
    made = transfers.from_plan(house, text, {"": given.id}, by=visitor.person)
    return RedirectResponse(f"{base_of(request)}/t/{made.id}", 303)


@router.post("/example")
def example(request: Request, house: House, visitor: Visitor) -> Response:
    """Make the example, go to it."""
    return RedirectResponse(f"{base_of(request)}/t/{transfers.example(house, by=visitor.person).id}", 303)


@router.post("/t/{transfer}/rename")
def rename(
    request: Request,
    house: House,
    visitor: Visitor,
    transfer: str,
    title: Annotated[str, Form()],
    q: FormText = "",
    state: FormName = "",
    who: FormName = "",
    away: Annotated[bool, Form()] = False,
) -> Response:
    """Give a transfer another title."""
    transfers.rename(house, transfer, title, by=visitor.person)
    return _list(request, house, visitor, _sought(q, state, who, archived=away))


@router.post("/t/{transfer}/archive")
def archive(
    request: Request,
    house: House,
    visitor: Visitor,
    transfer: str,
    archived: Annotated[bool, Form()] = True,
    q: FormText = "",
    state: FormName = "",
    who: FormName = "",
    away: Annotated[bool | None, Form()] = None,
) -> Response:
    """Put a transfer away, or bring it back; `away`: whether the list that is looked at is of those that were put away."""
    transfers.archive(house, transfer, archived=archived, by=visitor.person)
    return _list(request, house, visitor, _sought(q, state, who, archived=not archived if away is None else away))


@router.post("/t/{transfer}/delete")
def delete(request: Request, house: House, visitor: Visitor, transfer: str, q: FormText = "", who: FormName = "") -> Response:
    """Delete a transfer for good."""
    transfers.delete(house, transfer, by=visitor.person)
    return _list(request, house, visitor, _sought(q, "", who, archived=True))


def _list(request: Request, house: House, visitor: Visitor, sought: Sought) -> Response:
    if not request.headers.get("HX-Request"):
        return RedirectResponse(f"{base_of(request)}/{'?archived=true' if sought.state == 'archived' else ''}", 303)
    return page(request, "home/_transfers.html", _found(house, visitor, sought))
