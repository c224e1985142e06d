"""What is asked of a job, what it made, and what a person sees of it."""

from datetime import datetime
from typing import Literal

import msgspec

from app.errors import Parameter
from app.store import JobState

JobKind = Literal["export", "check", "values"]


class Spec(msgspec.Struct, frozen=True, omit_defaults=True):
    """All that a job needs: with it, it does the same in any process, whatever became of the transfer since.

    what     -- kind of export; "" where nothing is exported
    plan     -- JSON of the plan, without a frozen target
    sources  -- source name -> (side, digest of its tree); `target` the same
    filename -- of a single output; shards have names of their own
    """

    kind: JobKind
    plan: str
    sources: dict[str, tuple[str, str]]
    target: tuple[str, str]
    what: str = ""
    options: dict[str, str] = {}
    filename: str = ""


class JobFile(msgspec.Struct, frozen=True):
    """A file that a job made."""

    name: str
    size: int


class Result(msgspec.Struct, frozen=True, omit_defaults=True):
    """What came of a job: files in its folder, or a document."""

    files: tuple[JobFile, ...] = ()
    document: msgspec.Raw = msgspec.Raw(b"null")


class Problem(msgspec.Struct, frozen=True):
    """Why a job failed: code and parameters of an error."""

    code: str
    params: dict[str, Parameter] = {}


class Job(msgspec.Struct, frozen=True, omit_defaults=True):
    """A job as it is shown.

    state      -- queued, running, done, failed, cancelled; `stopping` while a person's wish to end it is under way
    part       -- steps that are done, of `parts`
    done       -- bytes, of `total`
    speed      -- bytes a second, of late; 0 where nothing moves yet
    remaining  -- seconds, where that can be told
    resumed    -- how often it went on after its process had gone
    """

    id: str
    transfer: str
    version: int
    kind: JobKind
    title: str
    state: JobState
    created: datetime
    what: str = ""
    options: dict[str, str] = {}
    stopping: bool = False
    attempt: int = 1
    resumed: int = 0
    part: int = 0
    parts: int = 0
    done: int = 0
    total: int = 0
    speed: float = 0.0
    remaining: float | None = None
    problem: Problem | None = None
    files: tuple[JobFile, ...] = ()
    document: msgspec.Raw = msgspec.Raw(b"null")
    started: datetime | None = None
    ended: datetime | None = None

    @property
    def active(self) -> bool:
        """Whether there is something to wait for."""
        return self.state in {"queued", "running"}

    @property
    def size(self) -> int:
        """Bytes of its files."""
        return sum(file.size for file in self.files)

    @property
    def share(self) -> float:
        """How much is done, from 0 to 1."""
        return min(1.0, self.done / self.total) if self.total else 0.0
