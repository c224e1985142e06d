"""Jobs as the API gives and takes them."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class JobFileOut(BaseModel):
    """A file that a job made; `url` is where it can be had."""

    name: str
    size: int
    url: str


class ProblemOut(BaseModel):
    """Why a job failed."""

    code: str
    message: str
    hint: str
    params: dict[str, str | int | float]


class JobOut(BaseModel):
    """A job: what it does, how far it is, what came of it.

    `state` is queued, running, done, failed or cancelled; `speed` is bytes a second of late, `remaining` seconds where that can be told;
    `resumed` says how often it went on after its process had gone.
    """

    id: str
    transfer: str
    version: int
    kind: str
    what: str
    title: str
    options: dict[str, str]
    state: str
    stopping: bool
    attempt: int
    resumed: int
    part: int
    parts: int
    done: int
    total: int
    speed: float
    remaining: float | None
    problem: ProblemOut | None
    files: list[JobFileOut]
    archive: str | None
    document: Any
    created: datetime
    started: datetime | None
    ended: datetime | None


class ExportAsked(BaseModel):
    """Options of an export, by name."""

    model_config = ConfigDict(extra="forbid")

    options: dict[str, str] = Field(default={}, examples=[{"dtype": "BF16", "max_shard_size": "5000000000"}])
