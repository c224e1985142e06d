"""Queries over jobs. Who changes a job's state says from which one, so that of two processes one wins."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import RowMapping, select

from app.store.database import Transaction
from app.store.job_row import ENDED, JobRow, JobState
from app.store.job_table import jobs

_OPEN = ("queued", "running")


def add(tx: Transaction, row: JobRow) -> None:
    """Keep a new job."""
    tx.execute(jobs.insert().values(**{name: getattr(row, name) for name in row.__struct_fields__}))


def find(tx: Transaction, job: str) -> JobRow | None:
    """One job."""
    found = tx.execute(select(jobs).where(jobs.c.id == job)).mappings().first()
    return None if found is None else _row(found)


def listed(tx: Transaction, *, transfer: str = "", limit: int = 100) -> list[JobRow]:
    """The newest first; of one transfer, or of all."""
    query = select(jobs).order_by(jobs.c.created.desc(), jobs.c.id).limit(limit)
    if transfer:
        query = query.where(jobs.c.transfer == transfer)
    return [_row(row) for row in tx.execute(query).mappings()]


def of_kind(tx: Transaction, kind: str, limit: int = 100) -> list[JobRow]:
    """Those of a kind, the newest first."""
    return [
        _row(row) for row in tx.execute(select(jobs).where(jobs.c.kind == kind).order_by(jobs.c.created.desc()).limit(limit)).mappings()
    ]


def unfinished(tx: Transaction) -> list[JobRow]:
    """Those that wait or run, the oldest first."""
    query = select(jobs).where(jobs.c.state.in_(_OPEN)).order_by(jobs.c.created, jobs.c.id)
    return [_row(row) for row in tx.execute(query).mappings()]


def _row(values: RowMapping) -> JobRow:
    return JobRow(**values)


def claim(tx: Transaction, job: str, executor: str, at: datetime) -> bool:
    """Take a waiting job; False where another process was quicker."""
    query = jobs.update().where(jobs.c.id == job, jobs.c.state == "queued")
    return tx.execute(query.values(state="running", executor=executor, seen=at, started=at)).rowcount == 1


def take_over(tx: Transaction, job: str, dead: str, executor: str, at: datetime) -> bool:
    """Take a running job from a process that is gone; False where another one did."""
    query = jobs.update().where(jobs.c.id == job, jobs.c.state == "running", jobs.c.executor == dead)
    values = {"executor": executor, "seen": at, "resumed": jobs.c.resumed + 1, "speed": 0.0}
    return tx.execute(query.values(**values)).rowcount == 1


def planned(tx: Transaction, job: str, parts: int, total: int) -> None:
    """Say of how many steps and bytes it consists."""
    tx.execute(jobs.update().where(jobs.c.id == job).values(parts=parts, total=total))


def moved(tx: Transaction, job: str, executor: str, *, part: int, done: int, speed: float, at: datetime) -> None:
    """Say how far it is."""
    query = jobs.update().where(jobs.c.id == job, jobs.c.executor == executor, jobs.c.state == "running")
    tx.execute(query.values(part=part, done=done, speed=speed, seen=at))


def alive(tx: Transaction, executor: str, at: datetime) -> None:
    """Say that a process still works on what it took."""
    tx.execute(jobs.update().where(jobs.c.executor == executor, jobs.c.state == "running").values(seen=at))


def wants_stop(tx: Transaction, job: str, executor: str) -> bool:
    """Whether a person wants it to end, or it is another process's by now, or it was deleted."""
    found = tx.execute(select(jobs.c.stop, jobs.c.executor, jobs.c.state).where(jobs.c.id == job)).first()
    return found is None or found.stop or found.executor != executor or found.state != "running"


def ask_stop(tx: Transaction, job: str, at: datetime) -> None:
    """End it: at once where it waits, by whoever runs it otherwise."""
    tx.execute(jobs.update().where(jobs.c.id == job, jobs.c.state == "queued").values(state="cancelled", stop=True, ended=at))
    tx.execute(jobs.update().where(jobs.c.id == job, jobs.c.state == "running").values(stop=True))


def end(
    tx: Transaction, job: str, executor: str, state: JobState, at: datetime, *, result: bytes | None = None, error: bytes | None = None
) -> None:
    """Bring it to an end."""
    query = jobs.update().where(jobs.c.id == job, jobs.c.executor == executor, jobs.c.state == "running")
    tx.execute(query.values(state=state, ended=at, result=result, error=error, speed=0.0))


def fail_all(tx: Transaction, error: bytes, at: datetime) -> None:
    """End all that wait or run."""
    tx.execute(jobs.update().where(jobs.c.state.in_(_OPEN)).values(state="failed", ended=at, error=error, speed=0.0))


def again(tx: Transaction, job: str, at: datetime) -> bool:
    """Let one that failed or was cancelled wait once more; False where it is in another state."""
    query = jobs.update().where(jobs.c.id == job, jobs.c.state.in_(("failed", "cancelled")))
    values = {"state": "queued", "stop": False, "attempt": jobs.c.attempt + 1, "error": None, "ended": None, "started": None}
    fresh = {"part": 0, "done": 0, "speed": 0.0, "executor": "", "seen": at, "resumed": 0}
    return tx.execute(query.values(**values, **fresh)).rowcount == 1


def ended_before(tx: Transaction, moment: datetime) -> list[JobRow]:
    """Those that ended long ago."""
    query = select(jobs).where(jobs.c.state.in_(tuple(ENDED)), jobs.c.ended < moment)
    return [_row(row) for row in tx.execute(query).mappings()]


def drop(tx: Transaction, ids: Iterable[str]) -> None:
    """Delete them."""
    tx.execute(jobs.delete().where(jobs.c.id.in_(set(ids))))
