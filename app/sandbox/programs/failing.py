"""Exceptions of foreign code, given the names of our failures."""

from __future__ import annotations

import os
import re
import traceback


class Failed(Exception):
    """A failure we can name: code and parameters of the catalogue."""

    def __init__(self, code, retry=False, **params):
        super().__init__(code)
        self.code, self.retry, self.params = code, retry, params


def place(error, source):
    """File (relative to the project) and line of the innermost frame in the user's own files."""
    found = ("", 0)
    for frame, line in traceback.walk_tb(error.__traceback__):
        file = frame.f_code.co_filename
        if file.startswith(source + os.sep):
            found = os.path.relpath(file, source), line
    if isinstance(error, SyntaxError) and error.filename:
        file = os.path.relpath(error.filename, source) if error.filename.startswith(source) else os.path.basename(error.filename)
        found = file, error.lineno or 0
    return found


NETWORK_ERRORS = frozenset(
    "URLError HTTPError ConnectionError ConnectError NewConnectionError MaxRetryError gaierror LocalEntryNotFoundError "
    "OfflineModeIsEnabled SSLError ProxyError NameResolutionError".split()
)


NETWORK_CODE = re.compile(r"/(?:socket|ssl)\.py$|/(?:httpx2?|httpcore2?|requests|urllib3|urllib|aiohttp|huggingface_hub)/")


def chain(error):
    """Return the exception and those it came from."""
    seen = []
    while error is not None and error not in seen and len(seen) < 20:
        seen.append(error)
        error = error.__cause__ or error.__context__
    return seen


def wants_network(error):
    """Whether something tried to reach the network."""
    for link in chain(error):
        if type(link).__name__ in NETWORK_ERRORS:
            return True
        if isinstance(link, PermissionError) and any(
            NETWORK_CODE.search(frame.f_code.co_filename) for frame, _ in traceback.walk_tb(link.__traceback__)
        ):
            return True
    return False


def wants_cuda(error):
    """Whether something asked for a GPU."""
    text = str(error)
    signs = ("CUDA", "cuda", "NVIDIA", "HIP", "MPS", "XPU")
    kinds = (AssertionError, RuntimeError, AttributeError, ImportError, NotImplementedError, OSError)
    return isinstance(error, kinds) and any(sign in text for sign in signs)


def named(error, source, stage):
    """Give an exception of foreign code its name among our failures."""
    file, line = place(error, source)
    where = {"file": file, "line": line, "detail": first_line(error)}
    if isinstance(error, Failed):
        return error
    if isinstance(error, SystemExit):
        return Failed("build_exits", **where)
    if isinstance(error, KeyboardInterrupt):
        return Failed("build_failed", kind="KeyboardInterrupt", **where)
    if isinstance(error, ModuleNotFoundError) and error.name:
        return Failed("build_missing_package", package=error.name.partition(".")[0], module=error.name, **where)
    if isinstance(error, ImportError) and "relative import" in str(error):
        return Failed("build_relative_import", **where)
    if isinstance(error, SyntaxError):
        return Failed("build_syntax", **where)
    if isinstance(error, MemoryError) or "can't allocate memory" in str(error) or "not enough memory" in str(error):
        return Failed("build_memory", retry=stage != "import", **where)
    if wants_network(error):
        return Failed("build_network", retry=True, want="load", **where)
    if isinstance(error, (FileNotFoundError, IsADirectoryError, NotADirectoryError)):
        return Failed("build_file_missing", retry=True, want="load", path=str(error.filename or "")[:200], **where)
    if isinstance(error, PermissionError):
        return Failed("build_not_allowed", retry=True, want="load", path=str(error.filename or "")[:200], **where)
    if "process group" in str(error) and isinstance(error, (ValueError, RuntimeError)):
        return Failed("build_failed", retry=True, want="alone", kind=type(error).__name__, **where)
    if wants_cuda(error):
        return Failed("build_cuda", retry=True, want="cuda", **where)
    return Failed("build_failed", retry=stage != "import", kind=type(error).__name__, **where)


def first_line(error):
    """One line of an exception's text."""
    try:
        text = str(error).strip()
    except Exception:
        text = ""
    return (text.split("\n", 1)[0] or type(error).__name__)[:300]


LIBRARY = re.compile(r'File "[^"\n]*/(?:site-packages|dist-packages)/|File "[^"\n]*/lib/python3\.[0-9]+/')


def own_frames(failure, source):
    """Return the traceback of the original exception, at most 8,000 characters.

    Paths are relative to the project or to where its libraries lie: where this machine keeps them is nobody's business.
    """
    error = failure.__cause__
    if error is None:
        return ""
    parts = traceback.format_exception(type(error), error, error.__traceback__, limit=-30)
    shown = "".join(part.replace(source + os.sep, "") for part in parts if "<keygraft" not in part)
    return LIBRARY.sub('File "', shown)[-8000:]
