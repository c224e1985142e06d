"""Doing jobs in the test's own process: no worker, no engine, the same steps."""

from collections.abc import Callable
from pathlib import Path

from app.errors import KeygraftError
from app.jobs import own_name
from app.services import jobs
from app.services.house import House
from app.services.jobs.child import ChildError, Done, Maker, Outline
from app.services.jobs.makers import maker_of
from app.services.jobs.work import Steps
from app.services.jobs.worker import Worker
from app.store import JobRow


class Direct:
    """An engine that keeps nothing: it takes the steps where it is asked to."""

    def __init__(self, work: Steps) -> None:
        self.work = work
        self.calls: list[tuple[str, str, int]] = []

    def start(self, job: str, attempt: int) -> None:
        """All steps, one after another."""
        self.calls.append(("start", job, attempt))
        if all(self.work.part(job, number) for number in range(self.work.prepare(job))):
            self.work.finish(job)

    def resume(self, job: str, attempt: int) -> None:
        """The last part and the end: the first was done elsewhere."""
        self.calls.append(("resume", job, attempt))
        if self.work.part(job, 1):
            self.work.finish(job)

    def close(self) -> None:
        """Nothing is open."""


class Here:
    """A job's process that is none: what it would do is done here."""

    def __init__(self, house: House, job: str) -> None:
        self._house = house
        self._job = job
        self._maker: Maker | None = None

    def ask(self, what: str, number: int, beat: Callable[[int], None]) -> Outline | Done:
        """Answer like `Child.ask`."""
        try:
            self._maker = self._maker or maker_of(self._house, self._job)
            if what == "prepare":
                return self._maker.prepare()
            if what == "finish":
                return Done(self._maker.finish())
            self._maker.part(number, beat)
        except KeygraftError as error:
            raise ChildError(error.code, **dict(error.params)) from error
        return Done()

    def end(self) -> None:
        """There is no process."""


def done(house: House, job: jobs.Job) -> jobs.Job:
    """The job, once it has been done here."""

    def begin(row: JobRow) -> Here:
        return Here(house, row.id)

    steps = Steps(house, begin, own_name())  # type: ignore[arg-type]  # plays a Child
    if job.active:
        Worker(house, steps, Direct, own_name()).look()  # type: ignore[arg-type]  # plays an engine
    return jobs.get(house, job.id)


def paths(house: House, job: jobs.Job) -> list[Path]:
    """Where its files lie."""
    return [jobs.path_of(house, job.id, file.name) for file in job.files]
