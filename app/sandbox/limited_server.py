"""The warm process from which limited children are forked: it imports one function, waits for jobs, forks, and tells how children died.

Run as `python -m app.sandbox.limited_server MODULE:FUNCTION DESCRIPTOR`. It keeps to one thread, so that forking is safe, and imports
nothing heavy: a child costs about two milliseconds.
"""

import contextlib
import gc
import os
import resource
import select
import signal
import socket
import sys
from collections.abc import Callable
from importlib import import_module
from types import FrameType

from app.sandbox.limited_frames import LIMITS, receive, send

_PAGE = resource.getpagesize()

Entry = Callable[[bytes], bytes]


class OutOfTimeError(BaseException):
    """Raised in a child when its CPU time is used up; no `except Exception` may swallow it."""


def serve(entry: Entry, control: socket.socket) -> None:
    """Fork a child for each job until the other end is closed."""
    wake, bell = os.pipe()
    os.set_blocking(bell, False)
    signal.set_wakeup_fd(bell)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    running: dict[int, socket.socket] = {}
    gc.freeze()
    while True:
        ready = select.select([control.fileno(), wake], [], [])[0]
        if wake in ready:
            os.read(wake, 4096)
            _reap(running)
        if control.fileno() in ready:
            message, descriptors, _flags, _address = socket.recv_fds(control, 1, 1)
            if not message:
                return
            job = socket.socket(fileno=descriptors[0])
            pid = os.fork()
            if pid == 0:
                control.close()
                for other in running.values():
                    other.close()
                _child(entry, job)
            running[pid] = job


def _reap(running: dict[int, socket.socket]) -> None:
    while running:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        with running.pop(pid) as job, contextlib.suppress(OSError):
            send(job, b"D", str(os.waitstatus_to_exitcode(status)).encode())


def _child(entry: Entry, job: socket.socket) -> None:
    """Do one job under limits and end; never returns."""
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGXCPU, _out_of_time)
        send(job, b"P", str(os.getpid()).encode())
        seconds, memory, wall, length = LIMITS.unpack(receive(job, LIMITS.size))
        request = receive(job, length)
        _limit(seconds, memory, wall)
        _answer(entry, job, request)
    except (OSError, EOFError):
        os._exit(2)
    except BaseException:  # noqa: BLE001 -- the edge of a process: whatever happened, it ends here and its status tells
        os._exit(1)
    os._exit(0)


def _answer(entry: Entry, job: socket.socket, request: bytes) -> None:
    try:
        answer = entry(request)
    except MemoryError:
        send(job, b"M")
    except OutOfTimeError:
        send(job, b"T")
    else:
        send(job, b"A", answer)


def _out_of_time(_number: int, _frame: FrameType | None) -> None:
    raise OutOfTimeError


def _limit(seconds: float, memory: int, wall: float) -> None:
    with contextlib.suppress(FileNotFoundError), open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123 -- cheaper to import
        total, resident = (int(word) * _PAGE for word in statm.read().split()[:2])
        space = total - resident + memory
        resource.setrlimit(resource.RLIMIT_AS, (space, space))
    whole = max(1, int(seconds + 0.999))
    resource.setrlimit(resource.RLIMIT_CPU, (whole, whole + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.alarm(int(wall) + 2)


def main(arguments: list[str]) -> None:
    """Import the function that is named and serve it."""
    module, _, name = arguments[0].partition(":")
    entry = getattr(import_module(module), name)
    serve(entry, socket.socket(fileno=int(arguments[1])))


if __name__ == "__main__":
    main(sys.argv[1:])
