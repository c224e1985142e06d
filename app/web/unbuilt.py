"""Why a model was not built, and what can be done instead: corrected, told without running, or printed where it lives."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from app import definitions, messages
from app.definitions import DefinitionError, Preview
from app.errors import KeygraftError, RefusedError
from app.sandbox import SandboxError
from app.services import doubts
from app.web.rendering import Context, page

UNBUILT = (DefinitionError, SandboxError, RefusedError)
"""Families of what may be wrong with a model's code, or with where it would be built."""

_ELSEWHERE = frozenset(
    {
        "code_refused",
        "build_missing_package",
        "build_missing_library",
        "build_library_lacks",
        "build_broken_library",
        "build_memory",
        "build_cuda",
    }
)
_SHOWN_LOG = 16_000
_SHOWN_KEYS = 12


class Foretold(Context, frozen=True):
    """Keys that were told without running code: the first of them, how many there are, why they are not certain."""

    first: tuple[tuple[str, tuple[int, ...] | None, str], ...]
    count: int
    complete: bool
    reasons: tuple[str, ...]


class Unbuilt(Context, frozen=True):
    """A failure, or what was told instead of building; `place` names the form it belongs to."""

    side: str
    place: str
    code: str
    message: str
    hint: str
    log: str
    traceback: str
    foretold: Foretold | None
    snippet: str


def foretold(found: Preview) -> Foretold:
    """What is shown of a preview."""
    tensors = found.tree.tensors if found.tree else {}
    keys = tuple((key, info.shape, info.dtype) for key, info in list(tensors.items())[:_SHOWN_KEYS])
    return Foretold(keys, len(tensors), found.complete, tuple(map(doubts.sentence, found.reasons)))


def unbuilt(
    request: Request, error: KeygraftError, side: str, place: str = "", preview: Callable[[], Preview | None] | None = None
) -> Response:
    """Show what happened, what to do, what the code printed; and the ways around where code cannot be built."""
    told = None
    elsewhere = error.code in _ELSEWHERE or error.code.startswith("sandbox_")
    if elsewhere and preview is not None:
        told = preview()
    shown = Unbuilt(
        side,
        place,
        error.code,
        messages.error_text(error),
        messages.error_hint(error),
        _end(str(getattr(error, "log", ""))),
        _end(str(getattr(error, "traceback", ""))),
        foretold(told) if told else None,
        definitions.SNIPPET if elsewhere else "",
    )
    return page(request, "new/_unbuilt.html", shown, error.status)


def _end(text: str) -> str:
    return text if len(text) <= _SHOWN_LOG else "…" + text[-_SHOWN_LOG:]
