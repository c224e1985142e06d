"""A process that does the parts of one job. It may be killed at any moment, and may die by itself: a crash of torch, no memory left.

Both ends speak JSON over a pipe. It ends with the process that started it.
"""

import importlib
import multiprocessing
import os
import threading
from collections.abc import Callable
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext, SpawnContext
from multiprocessing.process import BaseProcess
from typing import Protocol, TypeAlias

import msgspec

from app import logs
from app.errors import KeygraftError, Parameter
from app.services.jobs.cards import Result

BEAT = 0.2
"""Seconds between two looks at whether a person wants it to end."""


class Outline(msgspec.Struct, frozen=True, tag="outline"):
    """What a job consists of: bytes of each part, and which are there already."""

    sizes: tuple[int, ...]
    whole: tuple[bool, ...] = ()


class Moved(msgspec.Struct, frozen=True, tag="moved"):
    """Bytes that were written since the last word."""

    bytes: int


class Done(msgspec.Struct, frozen=True, tag="done"):
    """A part, or all of it, is done."""

    result: Result = Result()


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """It cannot be done."""

    code: str
    params: dict[str, Parameter] = {}


class Asked(msgspec.Struct, frozen=True):
    """What the process is to do: a part by its number, "prepare" or "finish"."""

    what: str
    number: int = 0


Answer: TypeAlias = Outline | Moved | Done | Failed
_answer: msgspec.json.Decoder[Answer] = msgspec.json.Decoder(Answer)
_asked = msgspec.json.Decoder(Asked)


class ChildError(KeygraftError):
    """The process said that it cannot be done, or died."""


class Maker(Protocol):
    """Does the work, inside the process."""

    def prepare(self) -> Outline:
        """Look at what is to be done."""
        ...

    def part(self, number: int, tell: Callable[[int], None]) -> None:
        """Do one part."""
        ...

    def finish(self) -> Result:
        """Say what came of it."""
        ...


class Nursery:
    """Where the processes of jobs come from: a server that has loaded the module of their entry, and is forked for each.

    module -- has `run(settings, job, addresses, end)`: addresses are those of sides with what is secret in them, `end` is of the pipe
    """

    def __init__(self, module: str) -> None:
        self._module = module
        self._context: ForkServerContext | SpawnContext = multiprocessing.get_context("spawn")
        if "forkserver" in multiprocessing.get_all_start_methods():
            self._context = multiprocessing.get_context("forkserver")
            self._context.set_forkserver_preload([module])
            forkserver.ensure_running()

    def begin(self, settings: str, job: str, addresses: dict[str, str]) -> tuple[BaseProcess, Connection]:
        """Start a process; return it with the other end of its pipe."""
        end, other = self._context.Pipe()
        entry = importlib.import_module(self._module).run
        process = self._context.Process(target=entry, args=(settings, job, addresses, other), name=f"job-{job}")
        process.start()
        other.close()
        return process, end


class Child:
    """The process, seen from the worker."""

    def __init__(self, nursery: Nursery, settings: str, job: str, addresses: dict[str, str]) -> None:
        self._process, self._end = nursery.begin(settings, job, addresses)

    def ask(self, what: str, number: int, beat: Callable[[int], None]) -> Outline | Done:
        """Have something done; `beat` hears of bytes, at least every 0.2 s, and ends the wait by raising. Raises ChildError."""
        try:
            self._end.send_bytes(msgspec.json.encode(Asked(what, number)))
            while True:
                answer: Answer = _answer.decode(self._end.recv_bytes()) if self._end.poll(BEAT) else Moved(0)
                match answer:
                    case Moved(count):
                        beat(count)
                    case Failed(code, params):
                        raise ChildError(code, **params)
                    case _:
                        return answer
        except (EOFError, OSError) as error:
            self._process.join(1)
            raise ChildError("job_process_died", signal=-(self._process.exitcode or 0)) from error

    def end(self) -> None:
        """Kill it."""
        self._process.kill()
        self._process.join()
        self._end.close()


def serve(end: Connection, make: Callable[[], Maker]) -> None:
    """Answer until the pipe is closed; the edge at which every exception becomes an answer."""
    threading.Thread(target=_die_with_parent, daemon=True).start()
    maker: Maker | None = None
    while True:
        try:
            asked = _asked.decode(end.recv_bytes())
        except EOFError:
            return
        try:
            maker = maker or make()
            answer = _done(maker, asked, end)
        except KeygraftError as error:
            answer = Failed(error.code, dict(error.params))
        except Exception as error:  # noqa: BLE001 -- the edge of this process
            reference = logs.new_reference()
            logs.logger().error("job failed", reference=reference, **logs.kind(error))
            answer = Failed("internal", {"reference": reference})
        end.send_bytes(msgspec.json.encode(answer))


def _done(maker: Maker, asked: Asked, end: Connection) -> Answer:
    if asked.what == "prepare":
        return maker.prepare()
    if asked.what == "finish":
        return Done(maker.finish())
    maker.part(asked.number, lambda count: end.send_bytes(msgspec.json.encode(Moved(count))))
    return Done()


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
