"""A job as it is kept."""

from datetime import datetime
from typing import Literal

import msgspec

JobState = Literal["queued", "running", "done", "failed", "cancelled"]
ENDED: frozenset[JobState] = frozenset({"done", "failed", "cancelled"})


class JobRow(msgspec.Struct, frozen=True):
    """A job as it is kept; `spec`, `result` and `error` are JSON of the services.

    stop     -- a person wants it to end
    attempt  -- counts from 1; a retry is the next
    resumed  -- how often another process went on with it
    part, parts -- steps that are done, and of how many
    done, total -- bytes
    speed    -- bytes a second, of late
    executor -- the process that runs it, "" for none; it was last `seen` alive then
    """

    id: str
    transfer: str
    version: int
    kind: str
    title: str
    spec: bytes
    author: str
    created: datetime
    state: JobState = "queued"
    stop: bool = False
    attempt: int = 1
    resumed: int = 0
    part: int = 0
    parts: int = 0
    done: int = 0
    total: int = 0
    speed: float = 0.0
    result: bytes | None = None
    error: bytes | None = None
    executor: str = ""
    seen: datetime | None = None
    started: datetime | None = None
    ended: datetime | None = None
