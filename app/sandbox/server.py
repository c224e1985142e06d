"""The application's end of the fork server: starts `worker.py`, hands it jobs, hears of their end."""

import array
import contextlib
import itertools
import json
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from app.paths import PACKAGE
from app.sandbox.errors import SandboxUnavailableError

WORKER = Path(__file__).with_name("worker.py")
PROGRAMS = Path(__file__).with_name("programs")
SCRUBBED = {
    "LANG": "C.UTF-8",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TZ": "UTC",
    "THP_MEM_ALLOC_ENABLE": "1",
}
"""All that the worker finds in its environment. The last has torch ask for huge pages: to fill memory in small ones takes twice as long."""
_START_SECONDS = 180.0
_REAP_SECONDS = 10.0


class Facts(msgspec.Struct, frozen=True):
    """What the fork server said of itself when it was ready. `paths`: the folders that its Python imports from."""

    ready: bool
    pid: int
    python: str
    torch: str
    arch: str
    landlock: int
    root: bool
    keep_reading: bool
    threads: int
    paths: tuple[str, ...] = ()


class Ended(msgspec.Struct, frozen=True):
    """How a child ended: wait status, peak resident bytes, seconds of CPU."""

    status: int
    memory: int
    cpu: float


class Child:
    """A job that was handed over. `pidfd` is valid once `started` is set and stays ours to close."""

    def __init__(self) -> None:
        self.started, self.finished = threading.Event(), threading.Event()
        self.pidfd, self.pid = -1, -1
        self.ended: Ended | None = None

    def kill(self) -> None:
        """End it, whatever it does."""
        if self.pidfd >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)

    def reaped(self) -> Ended | None:
        """Wait until the server has buried it."""
        self.finished.wait(_REAP_SECONDS)
        return self.ended

    def close(self) -> None:
        """Give the descriptor back."""
        if self.pidfd >= 0:
            os.close(self.pidfd)
            self.pidfd = -1


class ForkServer:
    """One running worker. Threads may share it."""

    def __init__(self, python: Path, *, isolated: bool, preload: Sequence[str] = (), without: Sequence[str] = ()) -> None:
        config = {
            "programs": {path.stem: path.read_text("utf-8") for path in sorted(PROGRAMS.glob("*.py")) if path.stem != "__init__"},
            "excluded": [str(PACKAGE.parent)] if isolated and PACKAGE.parent.name not in {"site-packages", "dist-packages"} else [],
            "hidden": [PACKAGE.name] if isolated else [],
            "preload": list(preload),
            "without": list(without),
        }
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control = ours
        flags = ["-I", "-B"] if isolated else ["-E", "-B"]
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  our own worker, by an interpreter that the owner of this machine named
                [str(python), *flags, str(WORKER), str(theirs.fileno())],
                env=SCRUBBED,
                cwd="/",
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._children: dict[int, Child] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self.facts = self._await_ready(json.dumps(config).encode())
        self._listener = threading.Thread(target=self._listen, name="sandbox-listener", daemon=True)
        self._listener.start()

    def _await_ready(self, config: bytes) -> Facts:
        stdin, stderr = self._process.stdin, self._process.stderr
        if stdin is None or stderr is None:
            raise SandboxUnavailableError("sandbox_start", detail="pipe")
        with contextlib.suppress(BrokenPipeError), stdin:
            stdin.write(config)
        self._control.settimeout(_START_SECONDS)
        try:
            message = self._control.recv(1 << 16)
            self._control.settimeout(None)
            if message:
                return msgspec.json.decode(message, type=Facts)
            detail = stderr.read(1 << 16).decode("utf-8", "replace").strip().rsplit("\n", 1)[-1]
        except TimeoutError:
            detail = f"{_START_SECONDS:.0f} s"
        self.close()
        raise SandboxUnavailableError("sandbox_start", detail=detail[:300])

    @property
    def alive(self) -> bool:
        """Whether it can take jobs."""
        return self._process.poll() is None and self._control.fileno() >= 0

    def fork(self, job: Mapping[str, object], handles: Sequence[int]) -> Child:
        """Fork a child that gets the descriptors (job, log, answer); SandboxUnavailableError where the server has died."""
        child = Child()
        with self._lock:
            number = next(self._numbers)
            self._children[number] = child
            message = json.dumps({**job, "job": number}).encode()
            try:
                self._control.sendmsg([message], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", handles))])
            except OSError:
                self._children.pop(number)
                raise SandboxUnavailableError("sandbox_start", detail="EOF") from None
        child.started.wait(_START_SECONDS)
        if child.pidfd < 0:
            raise SandboxUnavailableError("sandbox_start", detail="fork")
        return child

    def _listen(self) -> None:
        while True:
            try:
                data, ancillary, _, _ = self._control.recvmsg(1 << 16, socket.CMSG_SPACE(4))
            except OSError:
                break
            if not data:
                break
            handles = array.array("i")
            for _, _, content in ancillary:
                handles.frombytes(content)
            self._hear(json.loads(data), list(handles))
        for child in list(self._children.values()):
            child.started.set()
            child.finished.set()

    def _hear(self, message: dict[str, int], handles: list[int]) -> None:
        if "started" in message:
            child = self._children[message["started"]]
            child.pid, child.pidfd = message["pid"], handles[0]
            child.started.set()
        else:
            child = self._children.pop(message["ended"])
            child.ended = Ended(message["status"], message["memory"], message["cpu"])
            child.finished.set()

    def close(self) -> None:
        """End the worker and, with it, all children."""
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)
        self._control.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for stream in (self._process.stdin, self._process.stderr):
            if stream is not None:
                stream.close()
