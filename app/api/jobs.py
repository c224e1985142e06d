"""Jobs: exports and checks that take longer than one should wait for an answer."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response
from starlette.responses import FileResponse, StreamingResponse

from app.api.house import House, Visitor
from app.api.job_models import ExportAsked, JobOut
from app.gate import still_admitted
from app.services import files_out, jobs
from app.services.jobs.archive import zipped
from app.services.jobs.documents import document

router = APIRouter(tags=["jobs"])
LOOK_SECONDS = 0.25


def _out(request: Request, job: jobs.Job) -> dict[str, Any]:
    return document(job, str(request.scope.get("root_path", "")).rstrip("/"))


@router.post("/transfers/{transfer}/exports/{kind}", response_model=JobOut, status_code=202)
def start(request: Request, house: House, visitor: Visitor, transfer: str, kind: str, asked: ExportAsked | None = None) -> object:
    """Write remapped weights. The job is done already where that took no time."""
    return _out(request, files_out.start(house, transfer, kind, asked.options if asked else {}, by=visitor.person))


@router.get("/jobs", response_model=list[JobOut])
def listed(request: Request, house: House, visitor: Visitor, transfer: str = "", limit: int = 100) -> object:
    """List jobs of the transfers that I may see, the newest first."""
    return [_out(request, job) for job in jobs.listed(house, transfer=transfer, limit=min(limit, 1000), by=visitor.person)]


@router.get("/jobs/{job}", response_model=JobOut)
def get(request: Request, house: House, job: str) -> object:
    """One job."""
    return _out(request, jobs.get(house, job))


@router.post("/jobs/{job}/cancel", response_model=JobOut)
def cancel(request: Request, house: House, job: str) -> object:
    """End a job; one that has ended stays as it is."""
    return _out(request, jobs.cancel(house, job))


@router.post("/jobs/{job}/retry", response_model=JobOut, status_code=202)
def retry(request: Request, house: House, job: str) -> object:
    """Try one that failed or was cancelled once more; parts that are whole are kept."""
    return _out(request, jobs.retry(house, job))


@router.get("/jobs/{job}/files/{name}")
def file(house: House, job: str, name: str) -> Response:
    """Download a file that a job made."""
    path = jobs.path_of(house, job, name)
    return FileResponse(path, media_type="application/octet-stream", filename=name)


@router.get("/jobs/{job}/archive")
def archive(house: House, job: str) -> Response:
    """Download all files of a job as one zip without compression."""
    found = jobs.get(house, job)
    paths = [jobs.path_of(house, job, each.name) for each in found.files]
    headers = {"Content-Disposition": f'attachment; filename="{job}.zip"', "Content-Encoding": "identity"}
    return StreamingResponse(zipped(paths), media_type="application/zip", headers=headers)


@router.get("/jobs/{job}/events")
async def events(request: Request, house: House, job: str) -> Response:
    """Stream the job as server-sent events whenever it changes, until it has ended, or you may no longer look at it."""
    await asyncio.to_thread(jobs.get, house, job)
    return StreamingResponse(_stream(request, house, job), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


async def _stream(request: Request, house: Any, job: str) -> AsyncIterator[bytes]:
    last = b""
    while not house.hub.closed and await still_admitted(request):
        found = await asyncio.to_thread(jobs.get, house, job)
        data = msgspec.json.encode(_out(request, found))
        if data != last:
            yield b"event: " + found.state.encode() + b"\ndata: " + data + b"\n\n"
            last = data
        if not found.active:
            return
        await asyncio.sleep(LOOK_SECONDS)
