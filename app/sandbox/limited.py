"""Work on hostile data in a child process that may use so much CPU time and memory and no more.

It is meant for code of ours that reads data of others. Code of others belongs into the sandbox.
"""

import atexit
import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import msgspec

from app.paths import PACKAGE
from app.sandbox.limited_frames import HEADER, LIMITS, receive

_POLL = 0.1


class Outcome(msgspec.Struct, frozen=True):
    """What came of a job.

    answer -- what the function returned; None where it did not
    reason -- "" | "seconds" | "memory" | "wall" | "cancelled" | "crashed"
    """

    answer: bytes | None
    reason: str = ""


def available() -> bool:
    """Whether this system can fork and hand over descriptors."""
    return hasattr(os, "fork") and hasattr(socket, "send_fds")


class LimitedWorker:
    """A warm server for one function `bytes -> bytes`, named `module:function`; each call runs in a fresh fork of it.

    Safe to use from several threads. The server starts at the first call and ends with this process.
    """

    def __init__(self, entry: str) -> None:
        self._entry = entry
        self._lock = threading.Lock()
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, request: bytes, *, seconds: float, memory: int, wall: float, cancelled: Callable[[], bool] = lambda: False) -> Outcome:
        """Run the function on `request` under limits: CPU seconds, bytes of memory, seconds from start to end."""
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                self._hand_over(theirs)
            return _Job(ours, wall, cancelled).run(LIMITS.pack(seconds, memory, wall, len(request)) + request)

    def close(self) -> None:
        """End the server."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            self._process.wait()
        self._control = self._process = None

    def _hand_over(self, job: socket.socket) -> None:
        with self._lock:
            for _ in range(2):
                control = self._started()
                with contextlib.suppress(OSError):
                    socket.send_fds(control, [b"j"], [job.fileno()])
                    return
                self._end()
        raise OSError(self._entry)

    def _started(self) -> socket.socket:
        if self._control is not None and self._process is not None and self._process.poll() is None:
            return self._control
        self._end()
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 -- our own interpreter and module
                [sys.executable, "-P", "-s", "-m", "app.sandbox.limited_server", self._entry, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._control = ours
        atexit.register(self.close)
        return ours


def _environment() -> dict[str, str]:
    """Return no more than a Python needs: no secret of the app is to be in a child's memory."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH") if name in os.environ}
    return kept | {"PYTHONPATH": str(PACKAGE.parent), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}


class _Job:
    """One call, seen from here."""

    def __init__(self, sock: socket.socket, wall: float, cancelled: Callable[[], bool]) -> None:
        self._sock = sock
        self._deadline = time.monotonic() + wall
        self._cancelled = cancelled
        self._pid: int | None = None

    def run(self, request: bytes) -> Outcome:
        """Send the request, wait for the answer or the end."""
        try:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self._sock.sendall(request)
            while True:
                stopped = self._wait()
                if stopped:
                    self._kill()
                    return Outcome(None, stopped)
                kind, length = HEADER.unpack(receive(self._sock, HEADER.size))
                body = receive(self._sock, length)
                if kind == b"P":
                    self._pid = int(body)
                else:
                    return _outcome(kind, body)
        except (EOFError, OSError):
            return Outcome(None, "crashed")

    def _wait(self) -> str:
        """Wait until there is something to read; say what else ended the waiting."""
        while True:
            if self._cancelled():
                return "cancelled"
            left = self._deadline - time.monotonic()
            if left <= 0:
                return "wall"
            if select.select([self._sock], [], [], min(left, _POLL))[0]:
                return ""

    def _kill(self) -> None:
        if self._pid is not None:
            with contextlib.suppress(OSError):
                os.kill(self._pid, signal.SIGKILL)


def _outcome(kind: bytes, body: bytes) -> Outcome:
    if kind == b"A":
        return Outcome(body)
    if kind == b"T" or (kind == b"D" and int(body) in {-signal.SIGXCPU, -signal.SIGKILL}):
        return Outcome(None, "seconds")
    if kind == b"M":
        return Outcome(None, "memory")
    if kind == b"D" and int(body) == -signal.SIGALRM:
        return Outcome(None, "wall")
    return Outcome(None, "crashed")
