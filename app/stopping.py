"""Work that nobody waits for any more: long loops look in now and then, and stop.

Who starts the work hands out a `Stop` for it (`by`), who does it calls `check`, or runs its loop through `each`. Without one nothing ever stops.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from app.errors import KeygraftError

Item = TypeVar("Item")

_OFTEN = 500


class StoppedError(KeygraftError):
    """The work was given up."""

    status = 499


class Stop:
    """Says whether some work is still wanted; from any thread."""

    def __init__(self) -> None:
        self.asked = False

    def ask(self) -> None:
        """Let the work stop at its next look."""
        self.asked = True


_stop: ContextVar[Stop | None] = ContextVar("stop", default=None)


@contextmanager
def by(stop: Stop) -> Iterator[None]:
    """Within the block, and in what it runs in threads, work can be stopped."""
    before = _stop.get()
    _stop.set(stop)
    try:
        yield
    finally:
        _stop.set(before)


def check() -> None:
    """Go on, unless nobody waits. Raises StoppedError."""
    stop = _stop.get()
    if stop is not None and stop.asked:
        raise StoppedError("stopped")


def each(items: Iterable[Item], often: int = _OFTEN) -> Iterator[Item]:
    """The items, with a look after each so many. Raises StoppedError."""
    left = 1
    for item in items:
        left -= 1
        if not left:
            check()
            left = often
        yield item
