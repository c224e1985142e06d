"""Who runs a job: a process, by a name that no other process ever has."""

import os
import socket
from pathlib import Path


def own_name() -> str:
    """Host, process id, and when the process began: ids are given again, the pair is not."""
    return f"{_host()}:{os.getpid()}:{_began(os.getpid())}"


def gone(name: str) -> bool | None:
    """Whether the process of that name has ended; None where it is of another machine, so that only its silence tells."""
    host, _, rest = name.partition(":")
    pid, _, began = rest.partition(":")
    if host != _host() or not pid.isdigit():
        return None
    return _began(int(pid)) != began


def _host() -> str:
    return socket.gethostname()[:60].replace(":", "-")


def _began(pid: int) -> str:
    """When a process began, in ticks since the machine did; "" where there is none. Off Linux only whether it lives."""
    if not Path("/proc/self/stat").exists():
        return _lives(pid)
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] == "Z" else fields[19]


def _lives(pid: int) -> str:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        return "lives"
    return "lives"
