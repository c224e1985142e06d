"""The engine: DBOS, inside the worker's process, on SQLite beside our database or in a schema of the team's PostgreSQL.

It is one in each process, and it takes half a second to import: only workers do. Its own words are never shown: what people see of a job
stands in our table. It keeps arguments and results as JSON, never as pickles.
"""

import logging
from collections.abc import Callable

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetWorkflowID

from app.jobs.port import Work

_POLL_SECONDS = 0.2
_SCHEME_VERSION = "1"
"""Version of the steps below, not of the program: a job that was begun before an upgrade goes on after it."""


class DbosEngine:
    """Runs jobs in threads of this process.

    Its queue is its own: who takes which job is decided in our table, and from a shared one another process would take what it must not touch.

    url      -- SQLAlchemy URL of the engine's own tables
    executor -- name of this process
    at_once  -- most jobs that run here at the same time
    """

    def __init__(self, url: str, work: Work, *, executor: str, at_once: int) -> None:
        logging.getLogger("dbos").setLevel(logging.ERROR)
        config = DBOSConfig(
            name="keygraft",
            system_database_url=url,
            executor_id=executor,
            application_version=_SCHEME_VERSION,
            log_level="ERROR",
            serializer=DBOSPortableJSONSerializer(),
            use_listen_notify=False,
            enable_otlp=False,
        )
        self._queue = f"keygraft {executor}"
        DBOS(config=config)
        DBOS.listen_queues([self._queue])
        self._run = DBOS.workflow(name="job")(_steps(work))
        DBOS.launch()
        DBOS.register_queue(self._queue, worker_concurrency=at_once, polling_interval_sec=_POLL_SECONDS)

    def start(self, job: str, attempt: int) -> None:
        """Run a job from its first step."""
        with SetWorkflowID(_name(job, attempt)):
            DBOS.enqueue_workflow(self._queue, self._run, job)

    def resume(self, job: str, attempt: int) -> None:
        """Go on after the last step that was done; start it where its process went before it began."""
        name = _name(job, attempt)
        if DBOS.get_workflow_status(name) is None:
            self.start(job, attempt)
        else:
            DBOS.resume_workflow(name, queue_name=self._queue)

    def close(self) -> None:
        """Stop at once: what is under way is resumed by the next process."""
        DBOS.delete_queue(self._queue)
        DBOS.destroy(destroy_registry=True)


def _steps(work: Work) -> Callable[[str], str]:
    def job(name: str) -> str:
        parts = DBOS.run_step({"name": "prepare"}, work.prepare, name)
        if parts < 0:
            return "ended"
        for number in range(parts):
            if not DBOS.run_step({"name": "part"}, work.part, name, number):
                return "ended"
        return "done" if DBOS.run_step({"name": "finish"}, work.finish, name) else "ended"

    return job


def _name(job: str, attempt: int) -> str:
    return f"{job}-{attempt}"
