"""Watching one child: feeds it the job, gathers log and answer, and ends it when a limit is reached."""

import os
import selectors
import signal
import time
from enum import Enum
from io import FileIO

from app.sandbox.errors import SandboxError
from app.sandbox.folders import JobFolder, used
from app.sandbox.limits import MIB, Limits
from app.sandbox.server import Child, Ended

_TICK = 0.05
_CHUNK = 1 << 16


class Stop(Enum):
    """Why the watch ended."""

    ANSWERED = "answered"
    DIED = "died"
    TIMEOUT = "timeout"
    ANSWER = "answer_large"
    LOG = "log"
    DISK = "disk"


class Log:
    """What a job printed: the first half of the limit, and the end."""

    def __init__(self, limit: int) -> None:
        self._half = limit // 2
        self._head, self._tail = bytearray(), bytearray()
        self.total = 0

    def add(self, data: bytes) -> None:
        """Take some bytes; the middle is dropped."""
        self.total += len(data)
        room = self._half - len(self._head)
        self._head += data[:room]
        self._tail = (self._tail + data[room:])[-self._half :] if room < len(data) else self._tail

    def text(self) -> str:
        """Return it as text; control characters but newline and tab are made visible."""
        dropped = self.total - len(self._head) - len(self._tail)
        middle = f"\n[… {dropped} bytes …]\n" if dropped else ""
        text = self._head.decode("utf-8", "replace") + middle + self._tail.decode("utf-8", "replace")
        return "".join(char if char.isprintable() or char in "\n\t" else f"\\x{ord(char):02x}" for char in text)


class Answer:
    """Finds the first complete frame: seal, eight bytes of length, body. What stands before the seal is not ours and is passed over."""

    def __init__(self, seal: bytes, limit: int) -> None:
        self._seal, self._limit = seal, limit
        self._data = bytearray()
        self._start = -1
        self.body: bytes | None = None
        self.too_large = False

    def add(self, data: bytes) -> bool:
        """Take some bytes; True when there is nothing more to wait for."""
        searched = max(0, len(self._data) - len(self._seal))
        self._data += data
        if self._start < 0:
            self._start = self._data.find(self._seal, searched)
        header = self._start + len(self._seal) + 8
        if self._start >= 0 and len(self._data) >= header:
            length = int.from_bytes(self._data[header - 8 : header], "big")
            self.too_large = length > self._limit
            if len(self._data) >= header + length:
                self.body = bytes(self._data[header : header + length])
        self.too_large = self.too_large or (self.body is None and len(self._data) > self._limit + 4096)
        return self.too_large or self.body is not None


class Watch:
    """One child from start to end. Owns the application's ends of the three pipes."""

    def __init__(self, child: Child, folder: JobFolder, limits: Limits, task: bytes, seal: bytes) -> None:
        self._child, self._folder, self._limits = child, folder, limits
        self._task = memoryview(task)
        self.log, self.answer = Log(limits.log), Answer(seal, limits.answer)

    def run(self, job_out: FileIO, log_in: FileIO, answer_in: FileIO) -> Stop:
        """Watch until there is an answer, the child is dead or a limit is reached; the child is dead when this returns."""
        for end in (job_out, log_in, answer_in):
            os.set_blocking(end.fileno(), False)
        with selectors.DefaultSelector() as selector:
            selector.register(job_out, selectors.EVENT_WRITE, self._feed)
            selector.register(log_in, selectors.EVENT_READ, self._hear)
            selector.register(answer_in, selectors.EVENT_READ, self._take)
            selector.register(self._child.pidfd, selectors.EVENT_READ, None)
            try:
                stop = self._loop(selector)
            finally:
                self._child.kill()
        self._drain(log_in, answer_in)
        return Stop.ANSWERED if stop is Stop.DIED and self.answer.body is not None else stop

    def _loop(self, selector: selectors.BaseSelector) -> Stop:
        deadline = time.monotonic() + self._limits.seconds
        measured = time.monotonic()
        while True:
            now = time.monotonic()
            if now >= deadline:
                return Stop.TIMEOUT
            if now - measured > _TICK:
                measured = now
                if self._overflows():
                    return Stop.DISK
            ready = selector.select(min(_TICK, deadline - now))
            for key, _ in ready:
                stop = key.data(selector, key.fileobj) if key.data is not None else None
                if stop is not None:
                    return stop  # type: ignore[no-any-return]
            if any(key.data is None for key, _ in ready):
                return Stop.DIED

    def _overflows(self) -> bool:
        size, entries = used(self._folder.scratch, self._child.pid)
        return size > self._limits.disk or entries > self._limits.entries

    def _feed(self, selector: selectors.BaseSelector, end: FileIO) -> None:
        try:
            self._task = self._task[end.write(self._task[:_CHUNK]) or 0 :]
        except BrokenPipeError:
            self._task = self._task[:0]
        if not self._task:
            selector.unregister(end)
            end.close()

    def _hear(self, selector: selectors.BaseSelector, end: FileIO) -> Stop | None:
        data = end.read(_CHUNK)
        if data == b"":
            selector.unregister(end)
        self.log.add(data or b"")
        return Stop.LOG if self.log.total > self._limits.flood else None

    def _take(self, selector: selectors.BaseSelector, end: FileIO) -> Stop | None:
        data = end.read(1 << 20)
        if data == b"":
            selector.unregister(end)
        if not self.answer.add(data or b""):
            return None
        return Stop.ANSWER if self.answer.too_large else Stop.ANSWERED

    def _drain(self, log_in: FileIO, answer_in: FileIO) -> None:
        """Read what the dead child left in the pipes."""
        while self.log.total < self._limits.flood and (data := log_in.read(_CHUNK)):
            self.log.add(data)
        while self.answer.body is None and not self.answer.too_large and (data := answer_in.read(_CHUNK)):
            self.answer.add(data)


def failure(stop: Stop, ended: Ended | None, limits: Limits, log: str) -> SandboxError:
    """Say why there is no answer."""
    match stop:
        case Stop.TIMEOUT:
            error = SandboxError("sandbox_timeout", seconds=round(limits.seconds, 1))
        case Stop.ANSWER:
            error = SandboxError("sandbox_answer_large", limit=limits.answer // MIB)
        case Stop.LOG:
            error = SandboxError("sandbox_log", limit=limits.flood // MIB)
        case Stop.DISK:
            error = SandboxError("sandbox_disk", limit=limits.disk // MIB, entries=limits.entries)
        case _:
            error = _death(ended, limits, log)
    return error.with_log(log)


def _death(ended: Ended | None, limits: Limits, log: str) -> SandboxError:
    if "bad_alloc" in log or "MemoryError" in log or "can't allocate memory" in log:
        return SandboxError("sandbox_memory", limit=limits.memory // MIB)
    if ended is None:
        return SandboxError("sandbox_crashed", signal="?")
    if os.WIFSIGNALED(ended.status):
        number = os.WTERMSIG(ended.status)
        if number in {signal.SIGKILL, signal.SIGXCPU} and ended.cpu >= limits.seconds:
            return SandboxError("sandbox_timeout", seconds=round(limits.seconds, 1))
        if number == signal.SIGKILL:
            return SandboxError("sandbox_memory", limit=limits.memory // MIB)
        if number == signal.SIGXFSZ:
            return SandboxError("sandbox_disk", limit=limits.file // MIB, entries=limits.entries)
        return SandboxError("sandbox_crashed", signal=signal.Signals(number).name if number in {*signal.Signals} else str(number))
    return SandboxError("sandbox_exited", status=os.waitstatus_to_exitcode(ended.status))
