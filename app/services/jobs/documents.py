"""A job as a document: what the API answers and what streams of events carry."""

from typing import Any

import msgspec

from app import messages
from app.errors import KeygraftError
from app.services.jobs.cards import Job, Problem

BASE = "/api/v1/jobs"


def document(job: Job, base: str = "") -> dict[str, Any]:
    """Every field of a job; `base` stands in front of addresses."""
    here = f"{base}{BASE}/{job.id}"
    return {
        "id": job.id,
        "transfer": job.transfer,
        "version": job.version,
        "kind": job.kind,
        "what": job.what,
        "title": job.title,
        "options": job.options,
        "state": job.state,
        "stopping": job.stopping,
        "attempt": job.attempt,
        "resumed": job.resumed,
        "part": job.part,
        "parts": job.parts,
        "done": job.done,
        "total": job.total,
        "speed": round(job.speed, 1),
        "remaining": None if job.remaining is None else round(job.remaining, 1),
        "problem": None if job.problem is None else said(job.problem),
        "files": [{"name": file.name, "size": file.size, "url": f"{here}/files/{file.name}"} for file in job.files],
        "archive": f"{here}/archive" if len(job.files) > 1 else None,
        "document": msgspec.json.decode(job.document),
        "created": job.created,
        "started": job.started,
        "ended": job.ended,
    }


def said(problem: Problem) -> dict[str, Any]:
    """Why a job failed, in words. A code that a later version no longer knows is named rather than lost."""
    known = messages.has(messages.error_id(problem.code))
    return dict(
        messages.describe(
            KeygraftError(problem.code if known else "job_failed_as", **(problem.params if known else {"code": problem.code}))
        )
    )
