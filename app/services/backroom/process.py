"""One process of the back room, seen from here: started when first asked, kept warm, started again where it died."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import IO

import msgspec

from app import logs
from app.paths import PACKAGE
from app.services.backroom.tasks import Answer, Failed, Task, Trees, Wanted

Packed = Callable[[Sequence[str]], Mapping[str, bytes]]
"""Gives trees by digest, as the store keeps them."""

_encode = msgspec.msgpack.encode
_decoder: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)
_KEPT = ("PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH")


class Process:
    """Asked by one thread at a time; `close` may be called from any."""

    def __init__(self, command: Sequence[str] = ()) -> None:
        self._command = list(command) or [sys.executable, "-P", "-s", "-m", "app.services.backroom.program"]
        self._lock = Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._closed = False

    def ask(self, task: Task, packed: Packed) -> Answer:
        """Have a task done. A process that dies on it is started again once; where it dies again, that is the answer."""
        with self._lock:
            for _ in range(2):
                if self._closed:
                    break
                with contextlib.suppress(OSError, EOFError):
                    return self._asked(self._started(), task, packed)
                if not self._closed:
                    logs.logger().warning("back_room_died", task=type(task).__name__)
                self._end()
        return Failed("Died")

    def _asked(self, child: "subprocess.Popen[bytes]", task: Task, packed: Packed) -> Answer:
        given, out = child.stdin, child.stdout
        assert given is not None  # noqa: S101 - both are pipes
        assert out is not None  # noqa: S101
        _send(given, _encode(task))
        answer = _decoder.decode(_receive(out))
        if isinstance(answer, Wanted):
            _send(given, _encode(Trees(dict(packed(answer.trees)))))
            _send(given, _encode(task))
            answer = _decoder.decode(_receive(out))
        return answer

    def _started(self) -> "subprocess.Popen[bytes]":
        if self._child is not None and self._child.poll() is not None:
            self._end()
        if self._child is None:
            environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
            self._child = subprocess.Popen(  # noqa: S603 -- our own interpreter and module
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=environment | {"PYTHONPATH": str(PACKAGE.parent), "PYTHONDONTWRITEBYTECODE": "1"},
                start_new_session=True,
            )
        return self._child

    def close(self) -> None:
        """End the process, whatever it does; what it was asked is answered with `Failed`."""
        self._closed = True
        child = self._child
        if child is not None:
            child.kill()
        with self._lock:
            self._end()

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        for pipe in (child.stdin, child.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()
        child.wait()


def _send(pipe: IO[bytes], content: bytes) -> None:
    pipe.write(len(content).to_bytes(8, "big"))
    pipe.write(content)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> bytes:
    head = pipe.read(8)
    if len(head) < 8:
        raise EOFError
    length = int.from_bytes(head, "big")
    content = pipe.read(length)
    if len(content) < length:
        raise EOFError
    return content
