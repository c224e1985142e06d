"""The worker: takes jobs that wait, and those whose process is gone; runs until it is told to stop, or has nothing to do."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import msgspec

from app.jobs import Engine, Work, gone
from app.services.house import House
from app.services.jobs.cards import Problem
from app.store import JobRow, jobs

TICK = 1.0
SILENCE = timedelta(seconds=30)
"""After this long without a sign a worker of another machine is held for dead."""
LIVES = 5
"""A job that took this many processes with it is given up."""


class Worker:
    """One process's share of the work.

    engine  -- makes the engine when the first job is there
    idle    -- seconds without work after which it leaves; None: never
    """

    def __init__(self, house: House, work: Work, engine: Callable[[Work], Engine], executor: str, *, idle: float | None = None) -> None:
        self._house = house
        self._work = work
        self._make = engine
        self._engine: Engine | None = None
        self._executor = executor
        self._idle = idle
        self._woken = threading.Event()
        self._stopped = False

    def wake(self) -> None:
        """Look for work now."""
        self._woken.set()

    def stop(self) -> None:
        """End the loop; what runs is taken up by another process."""
        self._stopped = True
        self._woken.set()

    def run(self) -> None:
        """Work until there is none."""
        busy = time.monotonic()
        while not self._stopped:
            self._woken.clear()
            if self.look():
                busy = time.monotonic()
            elif self._idle is not None and time.monotonic() - busy > self._idle:
                break
            self._woken.wait(TICK)
        if self._engine is not None:
            self._engine.close()

    def look(self) -> bool:
        """Take what can be taken; whether there is anything to do at all."""
        with self._house.database.read() as tx:
            rows = jobs.unfinished(tx)
        mine = sum(row.executor == self._executor for row in rows)
        if mine:
            with self._house.database.write() as tx:
                jobs.alive(tx, self._executor, self._house.clock())
        for row in rows:
            if mine >= self._house.settings.jobs_at_once:
                break
            if row.executor != self._executor and self._take(row):
                mine += 1
        return bool(rows)

    def _take(self, row: JobRow) -> bool:
        now = self._house.clock()
        if row.state == "queued":
            with self._house.database.write() as tx:
                taken = jobs.claim(tx, row.id, self._executor, now)
            if taken:
                self._running().start(row.id, row.attempt)
            return taken
        if not self._is_orphan(row):
            return False
        with self._house.database.write() as tx:
            taken = jobs.take_over(tx, row.id, row.executor, self._executor, now)
            if taken and row.resumed + 1 >= LIVES:
                problem = Problem("job_given_up", {"count": LIVES})
                jobs.end(tx, row.id, self._executor, "failed", now, error=msgspec.json.encode(problem))
                return False
        if taken:
            self._running().resume(row.id, row.attempt)
        return taken

    def _is_orphan(self, row: JobRow) -> bool:
        dead = gone(row.executor)
        if dead is None:
            return row.seen is None or self._house.clock() - row.seen > SILENCE
        return dead

    def _running(self) -> Engine:
        if self._engine is None:
            self._engine = self._make(self._work)
        return self._engine
