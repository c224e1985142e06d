"""The log of what was done, for those who look after the installation, and for the owners of a transfer."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response, StreamingResponse

from app.api import models
from app.api.house import House
from app.services import audit

router = APIRouter(tags=["audit"])
Format = Literal["json-lines", "csv"]


class RecordOut(models.Given):
    """Something that was done. `what` is `<thing>.<deed>`; `said` says it in words, `about` says more."""

    id: int
    at: datetime
    person: str
    name: str
    what: str
    transfer: str
    version: int | None
    about: dict[str, str | int | float | bool]
    said: str


Limit = Annotated[int, Query(ge=1, le=1000)]
Before = Annotated[int | None, Query(ge=1, le=(1 << 63) - 1)]


@router.get("/audit", response_model=list[RecordOut])
def listed(house: House, transfer: str = "", person: str = "", what: str = "", before: Before = None, limit: Limit = audit.PAGE) -> object:
    """What was done, the newest first; `before` goes on after the last of a page, `what` is a word or how it begins."""
    return audit.listed(house, transfer=transfer, person=person, what=what, before=before, limit=limit)


@router.get("/audit/export", responses={200: {"content": {"text/csv": {}, "application/jsonl": {}}}})
def export(house: House, form: Annotated[Format, Query(alias="format")] = "json-lines") -> Response:
    """All of it, the oldest first, as JSON lines or as CSV that a spreadsheet may open."""
    return streamed(house, form)


def streamed(house: House, form: Format) -> Response:
    """The log as a file."""
    records = audit.every(house)
    lines = audit.as_table(records) if form == "csv" else audit.as_lines(records)
    media = "text/csv; charset=utf-8" if form == "csv" else "application/jsonl"
    name = "keygraft-audit." + ("csv" if form == "csv" else "jsonl")
    return StreamingResponse(lines, media_type=media, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@router.get("/transfers/{transfer}/audit", response_model=list[RecordOut])
def of_transfer(house: House, transfer: str, before: Before = None, limit: Limit = audit.PAGE) -> object:
    """What was done to one transfer, the newest first."""
    return audit.listed(house, transfer=transfer, before=before, limit=limit)
