"""CREDENTIALS: what the one who looks may show to remote hosts; secrets go in and never come out."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from app.services import keyring
from app.services.keyring import Entry
from app.sources.credentials import Secret
from app.web.asking import House, Visitor
from app.web.rendering import Context, base_of, page

router = APIRouter(prefix="/credentials")


class CredentialsPage(Context, frozen=True):
    """The page `/credentials`."""

    entries: tuple[Entry, ...]


@router.get("")
def credentials(request: Request, house: House, visitor: Visitor) -> Response:
    """Show for which places something is kept."""
    return page(request, "status/credentials.html", CredentialsPage(keyring.listed(house.settings, visitor.person)))


@router.post("")
def keep(
    request: Request,
    house: House,
    visitor: Visitor,
    place: Annotated[str, Form()],
    secret: Annotated[str, Form()],
    key_id: Annotated[str, Form()] = "",
    session: Annotated[str, Form()] = "",
    region: Annotated[str, Form()] = "",
    endpoint: Annotated[str, Form()] = "",
) -> Response:
    """Keep one."""
    given = keyring.Given(
        secret=Secret(secret), key_id=key_id.strip(), session=Secret(session), region=region.strip(), endpoint=endpoint.strip()
    )
    keyring.keep(house.settings, place, given, at=house.clock(), by=visitor.person)
    return RedirectResponse(f"{base_of(request)}/credentials", 303)


@router.post("/remove")
def remove(request: Request, house: House, visitor: Visitor, place: Annotated[str, Form()]) -> Response:
    """Forget one."""
    keyring.remove(house.settings, place, by=visitor.person)
    return RedirectResponse(f"{base_of(request)}/credentials", 303)
