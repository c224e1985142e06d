"""The back room: a few processes, and threads of ours that wait for them."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from app.services.backroom.process import Packed, Process
from app.services.backroom.tasks import Answer, Task

Found = TypeVar("Found")


class BackRoom:
    """Safe to use from several threads. A pair of sides is always looked after by the same process, which holds its trees."""

    def __init__(self, size: int = 1) -> None:
        self._processes = [Process() for _ in range(size)]
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="back-room")

    def ask(self, task: Task, packed: Packed) -> Answer:
        """Have a task done, and wait for it: the interpreter is free meanwhile."""
        place = int(task.case.target[:8] or "0", 16) % len(self._processes)
        return self._processes[place].ask(task, packed)

    def submit(self, work: Callable[[], Found]) -> "Future[Found]":
        """Have something done that asks, in a thread that nobody waits for."""
        return self._threads.submit(work)

    def close(self) -> None:
        """End the processes and forget what waits."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for process in self._processes:
            process.close()
