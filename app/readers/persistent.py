"""Persistent ids of torch: how a pickle names the storages that lie outside of it.

Source: pytorch, `torch/serialization.py`, `persistent_load` of both formats.
"""

import re
from typing import Any

from app.keys import itemsize
from app.readers.pickles import Call, Global, Storage
from app.readers.pickles.torch_makers import STORAGE_DTYPES, UNKNOWN

_PRINTED = re.compile(
    r"\('storage', <class 'torch\.(?:\w+\.){0,3}(?P<cls>\w+)'>, '(?P<key>[\w.]{1,64})', '(?P<location>[\w:]{1,64})', (?P<numel>\d{1,19})(?:, None)?\)\Z"
)
_MOST = (1 << 63) - 1


def storage_of(pid: Any) -> Any:
    """Return the storage that `('storage', type, key, location, numel[, view])` names, or a stand-in for `('module', ...)`."""
    if type(pid) is str:
        pid = _printed(pid)
    if type(pid) is not tuple or not pid or type(pid[0]) not in {str, bytes}:
        raise _malformed()
    kind = pid[0] if type(pid[0]) is str else pid[0].decode("latin1")
    if kind == "module" and len(pid) > 1:
        return pid[1] if type(pid[1]) is Global else Call(None, ())
    if kind != "storage" or len(pid) < 5:
        raise _malformed()
    _kind, cls, key, location, numel = pid[:5]
    if type(cls) is not Global or type(numel) is not int or abs(numel) > _MOST or type(key) not in {str, int}:
        raise _malformed()
    name = cls.name.rpartition(".")[2]
    if not name.endswith("Storage"):
        raise _malformed()
    dtype = STORAGE_DTYPES.get(name, UNKNOWN)
    nbytes = int(numel * max(1, itemsize(dtype) or 1))  # where elements are parts of a byte, torch counts the bytes
    view = pid[5] if len(pid) > 5 else None
    return Storage(dtype, str(key), location if type(location) is str else "", nbytes, _viewed(view))


def _printed(pid: str) -> tuple[Any, ...]:
    """Read an id of protocol 0, which keeps ids as text and so writes the tuple as Python prints it."""
    found = _PRINTED.match(pid)
    if found is None:
        raise _malformed()
    return "storage", Global("torch", found["cls"]), found["key"], found["location"], int(found["numel"])


def _viewed(view: Any) -> int:
    """Elements before a view of a legacy storage: `(view key, offset, view size)`."""
    if view is None:
        return 0
    if type(view) is not tuple or len(view) != 3 or type(view[1]) is not int or not 0 <= view[1] <= _MOST:
        raise _malformed()
    return view[1]


def _malformed() -> ValueError:
    """Return what the pickle machine turns into `malformed_pickle`."""
    return ValueError("storage")
