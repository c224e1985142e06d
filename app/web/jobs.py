"""Jobs on the page: looked at while they run, ended, tried again; and torch's answer, which is one too."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.services import checks, jobs
from app.services.checking import Checked
from app.services.jobs import Job
from app.viewing.checked import summary
from app.web.asking import House, Visitor
from app.web.job_part import JobPart, part_of
from app.web.rendering import Context, page

router = APIRouter()


class CheckPart(Context, frozen=True):
    """What `_check.html` is given; `found` is None until torch has answered."""

    job: Job
    found: Checked | None
    says: str
    part: JobPart


@router.get("/jobs/{job}")
def look(request: Request, house: House, job: str) -> Response:
    """Show a job as it is now."""
    return _shown(request, house, jobs.get(house, job))


@router.post("/jobs/{job}/cancel")
def cancel(request: Request, house: House, job: str) -> Response:
    """End a job."""
    return _shown(request, house, jobs.cancel(house, job))


@router.post("/jobs/{job}/retry")
def retry(request: Request, house: House, job: str) -> Response:
    """Try a job once more."""
    return _shown(request, house, jobs.retry(house, job))


@router.get("/t/{transfer}/check")
def check(request: Request, house: House, visitor: Visitor, transfer: str, again: bool = False, inverse: bool = False) -> Response:
    """Ask torch, or show what it said."""
    return _shown(request, house, checks.start(house, transfer, again=again, inverse=inverse, by=visitor.person))


def _shown(request: Request, house: House, job: Job) -> Response:
    if job.kind == "check":
        found = checks.verdict_of(job)
        says = "" if found is None else summary(found.passed, found.built, found.tensors, found.fresh, found.spared)
        answer = page(request, "transfer/_check.html", CheckPart(job, found, says, part_of(house, job)))
    else:
        answer = page(request, "transfer/_job.html", part_of(house, job))
    if not job.active:
        answer.headers["HX-Reswap"] = "outerHTML"  # a morph would keep the element that asks every half second
    return answer
