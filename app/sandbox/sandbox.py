"""The sandbox: foreign code runs here, in a child process that can reach nothing but what it is given."""

import contextlib
import os
import secrets
import shutil
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from io import FileIO
from pathlib import Path
from typing import Self

import msgspec

from app.sandbox.errors import SandboxError, SandboxUnavailableError
from app.sandbox.folders import JobFolder
from app.sandbox.limits import Limits
from app.sandbox.server import Facts, ForkServer
from app.sandbox.status import Status, judge
from app.sandbox.supervision import Stop, Watch, failure


class Outcome(msgspec.Struct, frozen=True):
    """What a job answered.

    result  -- JSON of the program's answer: from where foreign code ran, so check it like an upload
    log     -- what the job printed, cut and escaped
    seconds -- of the whole job as the application saw it; `inside` of the program alone
    memory  -- peak resident bytes
    """

    result: msgspec.Raw
    log: str
    seconds: float
    inside: float
    memory: int


class _Frame(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    result: msgspec.Raw
    seconds: float


class Sandbox:
    """A warm worker and the walls around its children. Threads may share it; it starts on first use, or by `start`.

    python  -- interpreter of the user's own environment; None: ours
    preload -- modules to import before the first job
    jobs    -- how many may run at once
    """

    def __init__(
        self,
        *,
        python: Path | None = None,
        limits: Limits | None = None,
        preload: Sequence[str] = (),
        jobs: int = 2,
        without: Sequence[str] = (),
    ) -> None:
        self.limits = limits or Limits()
        self.python = python or Path(sys.executable)
        self._isolated = python is None
        self._preload, self._without = tuple(preload), tuple(without)
        self._server: ForkServer | None = None
        self._status: Status | None = None
        self._base: Path | None = None
        self._lock = threading.RLock()
        self._slots = threading.BoundedSemaphore(jobs)

    def start(self) -> Facts:
        """Start the worker where none is alive (about five seconds: it imports torch); SandboxUnavailableError where that fails."""
        with self._lock:
            if self._server is None or not self._server.alive:
                if sys.platform != "linux":
                    raise SandboxUnavailableError("sandbox_platform", platform=sys.platform)
                if not self.python.is_file():
                    raise SandboxUnavailableError("sandbox_python", path=str(self.python))
                self._stop_server()
                self._server = ForkServer(self.python, isolated=self._isolated, preload=self._preload, without=self._without)
            return self._server.facts

    @property
    def warm(self) -> bool:
        """Whether a worker is alive and its walls have been tried."""
        return self._status is not None and self._server is not None and self._server.alive

    def status(self) -> Status:
        """Try every wall once, from inside, and say which hold; never raises for a missing one."""
        with self._lock:
            if self._status is None or self._server is None or not self._server.alive:
                self._status = self._test()
            return self._status

    def _test(self) -> Status:
        try:
            facts = self.start()
        except SandboxUnavailableError as error:
            return Status((), reason=error.code, params=dict(error.params))
        with tempfile.TemporaryDirectory(prefix="keygraft-secret-") as folder:
            Path(folder).chmod(0o777)
            secret = Path(folder, "secret")
            secret.write_text("secret")
            secret.chmod(0o666)
            payload = {"secret": str(secret), "folder": folder, "pid": os.getpid()}
            try:
                outcome = self._job("probe", payload, {}, self.limits)  # takes no slot: the jobs that have them may wait for this
            except (SandboxError, OSError) as error:
                return Status((), reason="sandbox_probe", params={"detail": str(error)[:200]})
            return judge(facts, outcome.result)

    def run(self, program: str, payload: object, files: Mapping[str, bytes] | None = None, *, limits: Limits | None = None) -> Outcome:
        """Run one of our programs on foreign files, behind the walls.

        program -- name of a file in `programs/`; its `main(payload, source folder)` returns what JSON can hold
        files   -- relative path -> content, which the child may read
        Raises SandboxUnavailableError where a wall is missing, SandboxError where the job ended without an answer.
        """
        status = self.status()
        if status.reason:
            raise SandboxUnavailableError(status.reason, **status.params)
        if not status.holds:
            raise SandboxUnavailableError("sandbox_unavailable", layer=status.missing)
        return self._run(program, payload, files or {}, limits or self.limits)

    def _run(self, program: str, payload: object, files: Mapping[str, bytes], limits: Limits) -> Outcome:
        with self._slots:
            return self._job(program, payload, files, limits)

    def _job(self, program: str, payload: object, files: Mapping[str, bytes], limits: Limits) -> Outcome:
        self.start()
        started = time.perf_counter()
        with JobFolder(self._folder(), files) as folder:
            seal = secrets.token_bytes(16)
            task = msgspec.json.encode({"program": program, "payload": payload, "seal": seal.hex()})
            stop, watch, memory, error = self._supervise(folder, limits, task, seal)
        if stop is not Stop.ANSWERED or watch.answer.body is None:
            raise error
        try:
            frame = msgspec.json.decode(watch.answer.body, type=_Frame)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise SandboxError("sandbox_answer_invalid").with_log(watch.log.text()) from None
        return Outcome(frame.result, watch.log.text(), time.perf_counter() - started, frame.seconds, memory)

    def _supervise(self, folder: JobFolder, limits: Limits, task: bytes, seal: bytes) -> tuple[Stop, Watch, int, SandboxError]:
        server = self._server
        if server is None:
            raise SandboxUnavailableError("sandbox_start", detail="closed")
        job = {"source": str(folder.source), "scratch": str(folder.scratch), "limits": msgspec.to_builtins(limits)}
        with contextlib.ExitStack() as ours:
            theirs, ends = [], []
            for outward in (True, False, False):  # job, log, answer
                reading, writing = (FileIO(handle, mode) for handle, mode in zip(os.pipe(), ("rb", "wb"), strict=True))
                theirs.append(reading if outward else writing)
                ends.append(ours.enter_context(writing if outward else reading))
            try:
                child = server.fork(job, [end.fileno() for end in theirs])
            finally:
                for end in theirs:
                    end.close()
            watch = Watch(child, folder, limits, task, seal)
            try:
                stop = watch.run(*ends)
                ended = child.reaped()
            finally:
                child.close()
        return stop, watch, ended.memory if ended else 0, failure(stop, ended, limits, watch.log.text())

    def _folder(self) -> Path:
        with self._lock:
            if self._base is None or not self._base.is_dir():
                self._base = Path(tempfile.mkdtemp(prefix="keygraft-sandbox-"))
                self._base.chmod(0o711)
                weakref.finalize(self, shutil.rmtree, self._base, ignore_errors=True)  # also where nobody closes us
            return self._base

    def _stop_server(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    def close(self) -> None:
        """End the worker and remove its folder."""
        with self._lock:
            self._stop_server()
            if self._base is not None:
                shutil.rmtree(self._base, ignore_errors=True)
                self._base = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
