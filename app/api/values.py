"""Mapping by value."""

from typing import Literal

from fastapi import APIRouter, Request
from pydantic import Field

from app.api.bodies import Asked, VersionNumber
from app.api.house import House, Visitor
from app.api.job_models import JobOut
from app.api.models import AppliedOut, Given
from app.services import values
from app.services.jobs.documents import document

router = APIRouter(prefix="/transfers/{transfer}/values", tags=["values"])


class FindOut(Given):
    """A family of target keys whose values stand in the source.

    `way` is equal, transposed, cut, joined or reordered; `standing` says what the plan does with them now: new (nothing), same, other.
    """

    family: str
    sources: list[str]
    way: str
    standing: str
    keys: list[str]


class FoundOut(Given):
    """What the last comparison of these two sides came to; `job` is null where there was none."""

    job: JobOut | None
    finds: list[FindOut]


class Take(Asked):
    """Which of the finds become rules: those of keys that nothing fills yet, or those that the plan fills otherwise."""

    base_version: VersionNumber = Field(description="Version of the transfer that it is done on")
    standing: Literal["new", "other"] = "new"
    client: str = ""


@router.post("", response_model=JobOut, status_code=202)
def begin(request: Request, house: House, visitor: Visitor, transfer: str) -> object:
    """Compare the tensors of both sides, by a job; `GET` of this address tells what was found once it is done."""
    return document(values.start(house, transfer, by=visitor.person), _base(request))


@router.get("", response_model=FoundOut)
def look(request: Request, house: House, visitor: Visitor, transfer: str) -> object:
    """What was found, each thing proven on the bytes."""
    found = values.found(house, transfer, by=visitor.person)
    return {"job": None if found.job is None else document(found.job, _base(request)), "finds": found.finds}


@router.post("/take", response_model=AppliedOut)
def take(house: House, visitor: Visitor, transfer: str, asked: Take) -> object:
    """Make rules of what was found."""
    return values.take(house, transfer, asked.base_version, asked.standing, client=asked.client, by=visitor.person)


def _base(request: Request) -> str:
    return str(request.scope.get("root_path", "")).rstrip("/")
