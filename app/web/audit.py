"""The log of what was done, for those who look after the installation."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from app.api.audit import Format, streamed
from app.services import accounts, audit
from app.services.accounts import Account
from app.services.audit import Record
from app.web.asking import House
from app.web.rendering import Context, page

router = APIRouter(prefix="/audit")
THINGS = ("sign-in", "account", "invitation", "token", "role", "share", "team", "transfer", "edit", "review", "comment", "export")
"""What the page can be narrowed to: the first half of what was done."""


class AuditPage(Context, frozen=True):
    """The page `/audit`; `further` is the record that the next page goes on from."""

    records: tuple[Record, ...]
    people: tuple[Account, ...]
    things: tuple[str, ...]
    person: str
    what: str
    transfer: str
    further: int | None


@router.get("")
def log(
    request: Request,
    house: House,
    person: str = "",
    what: str = "",
    transfer: str = "",
    before: Annotated[str, Query(pattern="^[0-9]{0,18}$")] = "",
) -> Response:
    """Show what was done, the newest first."""
    records = audit.listed(house, transfer=transfer, person=person, what=what, before=int(before) if before else None)
    further = records[-1].id if len(records) == audit.PAGE else None
    return page(request, "people/audit.html", AuditPage(records, accounts.listed(house), THINGS, person, what, transfer, further))


@router.get("/export")
def export(house: House, form: Annotated[Format, Query(alias="format")] = "csv") -> Response:
    """Hand the log over as a file."""
    return streamed(house, form)
