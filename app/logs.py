"""The log: structured, and never with the text of keys, which is a stranger's.

Events carry codes, counts and references. Of an unexpected exception the places are written, not its message: that may quote a file.
"""

import logging
import secrets
import sys
import traceback
from typing import Any, cast

import structlog
from structlog.typing import FilteringBoundLogger, Processor

_FRAMES = 12


def configure(form: str) -> None:
    """Write to standard error, for people (`console`) or for programs (`json`)."""
    last: Processor = structlog.processors.JSONRenderer() if form == "json" else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def logger() -> FilteringBoundLogger:
    """The log."""
    return cast("FilteringBoundLogger", structlog.get_logger())


def places(error: BaseException) -> list[str]:
    """Where an exception came from, innermost last; without its message."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return [f"{frame.filename.rsplit('/app/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in frames]


def new_reference() -> str:
    """A word by which a person can name an entry of the log."""
    return secrets.token_hex(4)


def kind(error: BaseException) -> dict[str, Any]:
    """What may be written of an exception."""
    return {"error": type(error).__name__, "places": places(error)}
