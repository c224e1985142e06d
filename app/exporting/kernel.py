"""Two calls of Linux that Python does not offer: where they are lacking, everything still works, only slower."""

import ctypes
import errno
import os
from collections.abc import Callable
from functools import cache

_WRITE = 2
"""SYNC_FILE_RANGE_WRITE: begin to write dirty pages out, do not wait."""


@cache
def _call(name: str) -> Callable[..., int] | None:
    found = getattr(ctypes.CDLL(None, use_errno=True), name, None)
    if found is not None:
        found.argtypes = _ARGUMENTS[name]
    return found


_ARGUMENTS = {
    "fallocate": [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64],
    "sync_file_range": [ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint],
}


def reserve(descriptor: int, size: int) -> None:
    """Claim `size` bytes of the disk for a file, as one stretch where that can be had.

    OSError ENOSPC, EDQUOT or EFBIG where they are not there; file systems that cannot reserve are left alone: `posix_fallocate` would
    write every block twice on them.
    """
    call = _call("fallocate")
    if call is not None and size and call(descriptor, 0, 0, size):
        code = ctypes.get_errno()
        if code in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            raise OSError(code, os.strerror(code))


def begin_writing_out(descriptor: int, offset: int, length: int) -> None:
    """Let the disk start on these bytes while the next ones are copied, so that `fsync` finds little left to do."""
    call = _call("sync_file_range")
    if call is not None:
        call(descriptor, offset, length, _WRITE)
