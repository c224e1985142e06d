"""A job as a part of the page: one fragment that shows whatever state it is in."""

from app.services import jobs
from app.services.jobs import Job
from app.services.jobs.documents import said
from app.web.asking import House
from app.web.options import Option, told_of
from app.web.rendering import Context

_MINUTE, _HOUR = 60, 3600


class JobPart(Context, frozen=True):
    """What `_job.html` is given.

    left  -- the time that remains, in words; "" where that cannot be told
    why   -- what happened, where it failed, and `hint` what to do
    place -- where the files lie, for whoever sits at this machine
    told  -- the options that it was asked for with, where it writes a file
    """

    job: Job
    left: str
    why: str
    hint: str
    place: str
    told: tuple[Option, ...]


def part_of(house: House, job: Job) -> JobPart:
    """The part of a job."""
    problem = said(job.problem) if job.problem is not None else {"message": "", "hint": ""}
    here = house.settings.loopback and job.state == "done" and bool(job.files)
    folder = jobs.path_of(house, job.id, job.files[0].name if len(job.files) == 1 else "") if here and _there(house, job) else ""
    return JobPart(job, _time(job.remaining), str(problem["message"]), str(problem["hint"]), str(folder), told_of(job.what, job.options))


def _there(house: House, job: Job) -> bool:
    folder = jobs.path_of(house, job.id)
    return all((folder / file.name).is_file() for file in job.files)


def _time(seconds: float | None) -> str:
    """Seconds as people say them, rounded up: 8 s, 3 min, 2 h 10 min."""
    if seconds is None:
        return ""
    whole = max(1, round(seconds))
    if whole < _MINUTE:
        return f"{whole} s"
    minutes = -(-whole // _MINUTE)
    return f"{minutes} min" if whole < _HOUR else f"{minutes // _MINUTE} h {minutes % _MINUTE} min"
