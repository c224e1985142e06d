"""The steps of a job, as a worker takes them: asks the job's own process, and says in the table how far it is."""

import shutil
import time
from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import TypeVar

import msgspec

from app.errors import KeygraftError
from app.exporting.parts import drop_partials
from app.services.house import House
from app.services.jobs.asking import folder_of
from app.services.jobs.cards import Problem
from app.services.jobs.child import Child, ChildError, Done, Outline
from app.store import JobRow, jobs

_SAID_EVERY = 0.3
_WINDOW = 4.0
"""Seconds over which speed is measured."""


Value = TypeVar("Value")


class StoppedError(Exception):
    """A person wanted it to end, or it is another process's."""


class Steps:
    """The body of every job; see `app.jobs.port.Work`.

    begin    -- starts the process of a job
    executor -- name of this worker
    """

    def __init__(self, house: House, begin: Callable[[JobRow], Child], executor: str) -> None:
        self._house = house
        self._begin = begin
        self._executor = executor
        self._children: dict[str, Child] = {}
        self._lock = Lock()

    def prepare(self, job: str) -> int:
        """Look at what is to be done; the number of parts, or -1."""

        def act(row: JobRow) -> int:
            return len(self._outline(row).sizes)

        return self._guarded(job, act, -1)

    def part(self, job: str, number: int) -> bool:
        """Do one part."""

        def act(row: JobRow) -> bool:
            child = self._child(row)
            self._ask(child, row, "part", number)
            return True

        return self._guarded(job, act, False)

    def finish(self, job: str) -> bool:
        """Put together what was made, and say that it is done."""

        def act(row: JobRow) -> bool:
            answer = self._ask(self._child(row), row, "finish", row.part)
            result = answer.result if isinstance(answer, Done) else None
            self._end_child(job)
            with self._house.database.write() as tx:
                now = self._house.clock()
                jobs.moved(tx, job, self._executor, part=row.parts, done=row.total, speed=0.0, at=now)
                jobs.end(tx, job, self._executor, "done", now, result=msgspec.json.encode(result))
            return True

        return self._guarded(job, act, False)

    def close(self) -> None:
        """Kill every process."""
        for job in list(self._children):
            self._end_child(job)

    def _guarded(self, job: str, act: Callable[[JobRow], Value], otherwise: Value) -> Value:
        """Do a step; where it cannot be done, end the job and say why."""
        with self._house.database.read() as tx:
            row = jobs.find(tx, job)
        if row is None:
            return otherwise
        try:
            return act(row)
        except StoppedError:
            self._cancelled(row)
        except KeygraftError as error:
            self._failed(row, Problem(error.code, dict(error.params)))
        return otherwise

    def _child(self, row: JobRow) -> Child:
        """The job's process; a new one learns first what it is to do."""
        with self._lock:
            child = self._children.get(row.id)
        if child is None:
            self._outline(row)
            child = self._children[row.id]
        return child

    def _outline(self, row: JobRow) -> Outline:
        with self._lock:
            child = self._children[row.id] = self._begin(row)
        answer = self._ask(child, row, "prepare", 0)
        if not isinstance(answer, Outline):
            raise ChildError("job_process_died", signal=0)
        done = sum(size for size, whole in zip(answer.sizes, answer.whole, strict=False) if whole)
        with self._house.database.write() as tx:
            jobs.planned(tx, row.id, len(answer.sizes), sum(answer.sizes))
            jobs.moved(tx, row.id, self._executor, part=sum(answer.whole), done=done, speed=0.0, at=self._house.clock())
        return answer

    def _ask(self, child: Child, row: JobRow, what: str, number: int) -> Outline | Done:
        with self._house.database.read() as tx:
            now = jobs.find(tx, row.id) or row
        gauge = _Gauge(now.done)

        def say() -> None:
            with self._house.database.write() as tx:
                if jobs.wants_stop(tx, row.id, self._executor):
                    raise StoppedError
                part = max(number, now.part)
                jobs.moved(tx, row.id, self._executor, part=part, done=gauge.done, speed=gauge.speed, at=self._house.clock())

        def beat(count: int) -> None:
            gauge.add(count)
            if gauge.due():
                say()

        answer = child.ask(what, number, beat)
        if what == "part":
            number += 1
            say()
        return answer

    def _cancelled(self, row: JobRow) -> None:
        self._end_child(row.id)
        shutil.rmtree(folder_of(self._house, row.transfer, row.id), ignore_errors=True)
        with self._house.database.write() as tx:
            jobs.end(tx, row.id, self._executor, "cancelled", self._house.clock())

    def _failed(self, row: JobRow, problem: Problem) -> None:
        self._end_child(row.id)
        drop_partials(folder_of(self._house, row.transfer, row.id))
        with self._house.database.write() as tx:
            jobs.end(tx, row.id, self._executor, "failed", self._house.clock(), error=msgspec.json.encode(problem))

    def _end_child(self, job: str) -> None:
        with self._lock:
            child = self._children.pop(job, None)
        if child is not None:
            child.end()


class _Gauge:
    """How much is done, and how fast it goes of late."""

    def __init__(self, done: int) -> None:
        self.done = done
        self._seen: deque[tuple[float, int]] = deque([(time.monotonic(), done)])
        self._said = time.monotonic()

    def add(self, count: int) -> None:
        self.done += count
        now = time.monotonic()
        self._seen.append((now, self.done))
        while now - self._seen[0][0] > _WINDOW:
            self._seen.popleft()

    @property
    def speed(self) -> float:
        first, last = self._seen[0], self._seen[-1]
        return (last[1] - first[1]) / (last[0] - first[0]) if last[0] > first[0] else 0.0

    def due(self) -> bool:
        now = time.monotonic()
        if now - self._said < _SAID_EVERY:
            return False
        self._said = now
        return True
