"""A process that runs one job with the real engine, and dies in the middle where it is told to: `python engine_program.py URL NAME HOW`."""

import os
import sys
import threading
import time
from pathlib import Path

from app.jobs.dbos_engine import DbosEngine


class Diary:
    """Writes down each step that it takes."""

    def __init__(self, path: Path, how: str) -> None:
        self._path = path
        self._how = how
        self.reached = threading.Event()

    def _write(self, line: str) -> None:
        with self._path.open("a") as file:
            file.write(line + "\n")

    def prepare(self, job: str) -> int:
        """Three parts, unless the job is to end at once."""
        self._write(f"prepare {job}")
        return -1 if job == "refused" else 3

    def part(self, job: str, number: int) -> bool:
        """The process dies in the second part, before it is noted; or it is told to leave then, and the part is never done."""
        if number == 1 and self._how == "die":
            os.kill(os.getpid(), 9)
        if number == 1 and self._how == "leave":
            self.reached.set()
            threading.Event().wait()
        self._write(f"part {number}")
        return not (job == "stopped" and number == 1)

    def finish(self, job: str) -> bool:
        """The last step."""
        self._write(f"finish {job}")
        return True


def main() -> None:
    """Start or resume, and wait until nothing more is written."""
    url, job, how, diary = sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4])
    work = Diary(diary, how)
    engine = DbosEngine(url, work, executor=f"{how}-{os.getpid()}", at_once=1)
    if how == "resume":
        engine.resume(job, 1)
    else:
        engine.start(job, 1)
        engine.start(job, 1)
    if how == "leave":
        work.reached.wait()
        engine.close()
        os._exit(0)
    from dbos import DBOS

    DBOS.retrieve_workflow(f"{job}-1").get_result()
    time.sleep(0.1)
    engine.close()


if __name__ == "__main__":
    main()
