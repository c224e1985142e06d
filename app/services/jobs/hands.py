"""The worker's process, as the page's process sees it: started when there is work, told that there is more, started again where it died."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from subprocess import Popen
from threading import Lock

import msgspec

from app import logs
from app.paths import PACKAGE
from app.settings import Settings

_CREDENTIALS = ("HF_TOKEN", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
_SHORT_LIFE = 10.0
_TRIES = 3


class Told(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line to the worker: the settings at first, later addresses of sides that are to be found nowhere else."""

    settings: str = ""
    addresses: dict[str, str] = {}


class Hands:
    """Keeps one worker alive while there are jobs.

    waiting -- whether any job waits or runs
    give_up -- ends them, where no worker lives long enough to
    alone   -- whether one person works here, so that what is theirs on this machine may serve
    """

    def __init__(
        self, settings: Settings, waiting: Callable[[], bool], give_up: Callable[[], object], alone: Callable[[], bool] = lambda: False
    ) -> None:
        self._settings = settings
        self._waiting = waiting
        self._give_up = give_up
        self._alone = alone
        self._lock = Lock()
        self._process: Popen[bytes] | None = None
        self._addresses: dict[str, str] = {}
        self._closed = False
        self._died = 0

    def wake(self, addresses: Mapping[str, str] | None = None) -> None:
        """Have the jobs that wait taken up now."""
        with self._lock:
            if self._closed:
                return
            self._addresses |= addresses or {}
            if self._process is None or not self._say(self._process, Told(addresses=self._addresses)):
                self._start()

    def _start(self) -> None:
        command = [sys.executable, "-m", "app", "work", "--attached"]
        process = subprocess.Popen(  # noqa: S603 -- our own program
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env=self._environment(), cwd=PACKAGE.parent
        )
        self._process = process
        self._say(process, Told(settings=self._settings.model_dump_json(exclude={"token"}), addresses=self._addresses))
        threading.Thread(target=self._watch, args=(process, time.monotonic()), name="worker-watch", daemon=True).start()

    def _environment(self) -> dict[str, str]:
        """Credentials of whoever started the server serve that person alone."""
        hidden = {"KEYGRAFT_TOKEN", *(() if self._alone() else _CREDENTIALS)}
        return {name: value for name, value in os.environ.items() if name not in hidden} | {"PYTHONPATH": str(PACKAGE.parent)}

    @staticmethod
    def _say(process: "Popen[bytes]", told: Told) -> bool:
        assert process.stdin is not None  # noqa: S101 -- a pipe was asked for
        try:
            process.stdin.write(msgspec.json.encode(told) + b"\n")
            process.stdin.flush()
        except OSError:
            return False
        return True

    def _watch(self, process: "Popen[bytes]", began: float) -> None:
        """Start it again where it ended although there is work: it crashed, or it left as the work came."""
        code = process.wait()
        with self._lock:
            if process.stdin is not None:
                process.stdin.close()
            if self._process is process:
                self._process = None
            self._died = self._died + 1 if time.monotonic() - began < _SHORT_LIFE and code != 0 else 0
            if self._closed or self._process is not None:
                return
            if self._died >= _TRIES:
                logs.logger().error("worker does not start", code=code)
                self._give_up()
                return
            if self._waiting():
                self._start()

    def close(self) -> None:
        """End the worker; what it was at is taken up at the next start."""
        with self._lock:
            self._closed = True
            process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
