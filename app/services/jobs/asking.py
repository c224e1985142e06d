"""What a person, or a program of theirs, asks of jobs."""

from pathlib import Path

import msgspec

from app.errors import ConflictError, NotFoundError
from app.services import roles
from app.services.house import LOCAL, House, new_id, now
from app.services.jobs.cards import Job, JobKind, Problem, Result, Spec
from app.services.workspaces import row_of
from app.store import Database, JobRow, jobs
from app.store.job_row import ENDED

_spec = msgspec.json.Decoder(Spec)
_result = msgspec.json.Decoder(Result)
_problem = msgspec.json.Decoder(Problem)


def submit(house: House, transfer: str, version: int, title: str, spec: Spec, *, by: str = LOCAL) -> Job:
    """Let a job wait for a worker. Raises NotFoundError."""
    row = JobRow(new_id(), transfer, version, spec.kind, title, msgspec.json.encode(spec), by, house.clock())
    with house.database.write() as tx:
        row_of(tx, transfer)
        jobs.add(tx, row)
    _wake(house, spec)
    return card_of(row)


def already(house: House, transfer: str, version: int, title: str, spec: Spec, job: str, result: Result, *, by: str = LOCAL) -> Job:
    """Keep what took no time as a job that is done: it is shown, and handed over, in the same way."""
    moment = house.clock()
    row = JobRow(
        job,
        transfer,
        version,
        spec.kind,
        title,
        msgspec.json.encode(spec),
        by,
        moment,
        state="done",
        part=len(result.files),
        parts=len(result.files),
        done=sum(file.size for file in result.files),
        total=sum(file.size for file in result.files),
        result=msgspec.json.encode(result),
        started=moment,
        ended=moment,
    )
    with house.database.write() as tx:
        row_of(tx, transfer)
        jobs.add(tx, row)
    return card_of(row)


def get(house: House, job: str) -> Job:
    """One job. Raises NotFoundError."""
    with house.database.read() as tx:
        return card_of(_found(jobs.find(tx, job), job))


def listed(house: House, *, transfer: str = "", limit: int = 100, by: str = LOCAL) -> list[Job]:
    """The newest first, of transfers that the person may see. Raises NotFoundError."""
    with house.database.read() as tx:
        if transfer:
            row_of(tx, transfer)
        me = roles.person(tx, by)
        rows = jobs.listed(tx, transfer=transfer, limit=limit)
        seen = {name for name in {row.transfer for row in rows} if roles.in_transfer(tx, me, name)}
        return [card_of(row) for row in rows if row.transfer in seen]


def under_way(house: House, transfer: str, spec: Spec) -> Job | None:
    """The job that does the same already."""
    return next((job for job, asked in with_specs(house, transfer) if job.active and asked == spec), None)


def latest(house: House, transfer: str, kind: JobKind) -> tuple[Job, Spec] | None:
    """The newest job of a kind, and what was asked of it."""
    return next((found for found in with_specs(house, transfer) if found[0].kind == kind), None)


def with_specs(house: House, transfer: str) -> list[tuple[Job, Spec]]:
    """The jobs of a transfer, the newest first, each with what it was asked."""
    with house.database.read() as tx:
        return [(card_of(row), spec_of(row)) for row in jobs.listed(tx, transfer=transfer)]


def cancel(house: House, job: str) -> Job:
    """End a job: at once where it waits, within a second where it runs; nothing happens to one that has ended. Raises NotFoundError."""
    with house.database.write() as tx:
        _found(jobs.find(tx, job), job)
        jobs.ask_stop(tx, job, house.clock())
        return card_of(_found(jobs.find(tx, job), job))


def retry(house: House, job: str) -> Job:
    """Try a job that failed or was cancelled once more. Raises NotFoundError, ConflictError."""
    with house.database.write() as tx:
        row = _found(jobs.find(tx, job), job)
        if not jobs.again(tx, job, house.clock()):
            raise ConflictError("job_not_ended", state=row.state)
        row = _found(jobs.find(tx, job), job)
    _wake(house, spec_of(row))
    return card_of(row)


def go_on(house: House) -> int:
    """Have what an earlier process left unfinished taken up again; return how many jobs these are."""
    with house.database.read() as tx:
        rows = jobs.unfinished(tx)
    if rows and house.hands is not None:
        house.hands.wake()
    return len(rows)


def any_unfinished(database: Database) -> bool:
    """Whether any job waits or runs."""
    with database.read() as tx:
        return bool(jobs.unfinished(tx))


def give_up(database: Database) -> None:
    """End every job: no worker can be started here."""
    problem = msgspec.json.encode(Problem("worker_lost"))
    with database.write() as tx:
        jobs.fail_all(tx, problem, now())


def path_of(house: House, job: str, name: str = "") -> Path:
    """Where a file of a job lies; without a name, the job's folder. Raises NotFoundError."""
    found = get(house, job)
    place = folder_of(house, found.transfer, job)
    if not name:
        return place
    if name not in {file.name for file in found.files} or not (place / name).is_file():
        raise NotFoundError("job_file_gone", file=name[:100])
    return place / name


def folder_of(house: House, transfer: str, job: str) -> Path:
    """Where a job puts its files."""
    return house.folder("exports", transfer, job)


def spec_of(row: JobRow) -> Spec:
    """What was asked of it."""
    return _spec.decode(row.spec)


def card_of(row: JobRow) -> Job:
    """A job as it is shown."""
    spec = spec_of(row)
    result = _result.decode(row.result) if row.result else Result()
    left = row.total - row.done
    return Job(
        row.id,
        row.transfer,
        row.version,
        spec.kind,
        row.title,
        row.state,
        row.created,
        what=spec.what,
        options=spec.options,
        stopping=row.stop and row.state not in ENDED,
        attempt=row.attempt,
        resumed=row.resumed,
        part=row.part,
        parts=row.parts,
        done=row.done,
        total=row.total,
        speed=row.speed,
        remaining=left / row.speed if row.speed > 0 and row.state == "running" else None,
        problem=_problem.decode(row.error) if row.error else None,
        files=result.files,
        document=result.document,
        started=row.started,
        ended=row.ended,
    )


def _found(row: JobRow | None, job: str) -> JobRow:
    if row is None:
        raise NotFoundError("job_not_found", job=job[:40])
    return row


def _wake(house: House, spec: Spec) -> None:
    """Tell the worker that something waits; what may be secret in addresses goes to it by a pipe, and is written nowhere."""
    if house.hands is None:
        return
    secrets = {
        side: found.reveal() for side, _ in (*spec.sources.values(), spec.target) if (found := house.addresses.get(side)) is not None
    }
    house.hands.wake(secrets)
