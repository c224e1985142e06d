"""Jobs for the tests of limited processes."""

import os
import signal
import tempfile
import time
from pathlib import Path


def echo(request: bytes) -> bytes:
    """Return the request."""
    return request


def spin(_request: bytes) -> bytes:
    """Use CPU time without end."""
    while True:
        pass


def hoard(_request: bytes) -> bytes:
    """Use memory without end."""
    held = []
    while True:
        held.append(bytearray(1 << 20))


def sleep(_request: bytes) -> bytes:
    """Wait for long."""
    time.sleep(60)
    return b""


def die(_request: bytes) -> bytes:
    """Break the process."""
    os.kill(os.getpid(), signal.SIGSEGV)
    return b""


def fail(_request: bytes) -> bytes:
    """Break the function."""
    raise RuntimeError


def environment(_request: bytes) -> bytes:
    """Return the environment."""
    return repr(dict(os.environ)).encode()


def write(_request: bytes) -> bytes:
    """Try to write a file."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "x").write_bytes(b"x" * 100)
    except OSError:
        return b"OSError"
    return b"written"
