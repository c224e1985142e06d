"""Asking torch."""

from fastapi import APIRouter, Request

from app.api.house import House, Visitor
from app.api.job_models import JobOut
from app.services import checks
from app.services.jobs.documents import document

router = APIRouter(tags=["jobs"])


@router.post("/transfers/{transfer}/check", response_model=JobOut, status_code=202)
def check(request: Request, house: House, visitor: Visitor, transfer: str, again: bool = False, inverse: bool = False) -> object:
    """Load the remapped tensors, without data, into the target. The job is done already where that took no time; its `document` says what torch says."""
    job = checks.start(house, transfer, again=again, inverse=inverse, by=visitor.person)
    return document(job, str(request.scope.get("root_path", "")).rstrip("/"))
