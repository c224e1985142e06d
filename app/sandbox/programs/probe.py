"""Tries every wall from inside; each attempt answers "open", or the name of the error that stopped it."""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import socket


def attempt(action):
    """Run one attempt."""
    try:
        action()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, type(error).__name__)
    except (MemoryError, ValueError) as error:
        return type(error).__name__
    return "open"


def fork():
    """Make a process; a child ends at once."""
    if os.fork() == 0:
        os._exit(0)


def ipc():
    """Make a System V segment."""
    if ctypes.CDLL(None, use_errno=True).shmget(0, 4096, 0o1600) < 0:
        raise OSError(ctypes.get_errno(), "shmget")


def main(payload, source):
    """Try; `payload` names a file and a folder that anyone may read and write, and the application's process."""
    secret, folder, pid = payload["secret"], payload["folder"], payload["pid"]
    attempts = {
        "read": lambda: open(secret).read(),
        "list": lambda: os.listdir(folder),
        "proc": lambda: open("/proc/self/environ").read(),
        "write": lambda: open(os.path.join(folder, "new"), "w"),
        "source": lambda: open(os.path.join(source, "new"), "w"),
        "truncate": lambda: os.truncate(secret, 0),
        "chmod": lambda: os.chmod(secret, 0o600),
        "utime": lambda: os.utime(secret, (1, 1)),
        "symlink": lambda: os.symlink(secret, "link"),
        "tcp": lambda: socket.socket(),
        "udp": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        "unix": lambda: socket.socket(socket.AF_UNIX),
        "fork": fork,
        "exec": lambda: os.execv("/bin/true", ["true"]),
        "memfd": lambda: os.memfd_create("x"),
        "ipc": ipc,
        "kill": lambda: os.kill(pid, 0),
        "parent": lambda: os.kill(os.getppid(), 0),
        "raise_limit": lambda: resource.setrlimit(resource.RLIMIT_CPU, (1 << 30, 1 << 30)),
        "memory": lambda: bytearray(1 << 44),
    }
    results = {name: attempt(action) for name, action in attempts.items()}
    with open("own", "w") as file:
        results["scratch"] = "open" if file.write("x") else "empty"
    results["library"] = attempt(lambda: open(os.__file__).close())
    handles = []
    for handle in range(4, 256):
        try:
            os.fstat(handle)
        except OSError:
            continue
        handles.append(handle)
    return {
        "attempts": results,
        "environment": sorted(os.environ),
        "descriptors": handles,
        "uid": os.geteuid(),
        "memory_limit": resource.getrlimit(resource.RLIMIT_AS)[0],
    }
