"""Who looks at a transfer hears of every change: an event hub inside the process."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import Lock
from typing import Literal

import msgspec

_WAITING = 100
"""Events kept for a listener that does not read; older ones are dropped, it asks for the newest version anyway."""

EventKind = Literal["changed", "proposals", "renamed", "deleted"]


class Event(msgspec.Struct, frozen=True):
    """Something happened to a transfer. `client` is the tab that did it, so that its own echo can be ignored."""

    transfer: str
    kind: EventKind
    version: int
    client: str = ""


class Subscription:
    """One listener; made by `Hub.subscribe`, used in one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._queue: asyncio.Queue[Event | None] = asyncio.Queue(_WAITING)

    async def next(self, seconds: float | None = None) -> Event | None:
        """Return the next event; None where `seconds` pass without one, or where the server stops."""
        try:
            async with asyncio.timeout(seconds):
                return await self._queue.get()
        except TimeoutError:
            return None

    def hand(self, event: Event | None) -> None:
        """Take an event from any thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._keep, event)

    def _keep(self, event: Event | None) -> None:
        if self._queue.full():
            self._queue.get_nowait()
        self._queue.put_nowait(event)


class Hub:
    """Hands events to all who listen to a transfer."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._listeners: dict[str, set[Subscription]] = defaultdict(set)
        self.closed = False

    def publish(self, event: Event) -> None:
        """Tell all listeners; from any thread."""
        with self._lock:
            listeners = tuple(self._listeners.get(event.transfer, ()))
        for listener in listeners:
            listener.hand(event)

    @asynccontextmanager
    async def subscribe(self, transfer: str) -> AsyncIterator[Subscription]:
        """Listen to one transfer for as long as the block runs."""
        subscription = Subscription(asyncio.get_running_loop())
        with self._lock:
            self._listeners[transfer].add(subscription)
        try:
            yield subscription
        finally:
            with self._lock:
                self._listeners[transfer].discard(subscription)
                if not self._listeners[transfer]:
                    del self._listeners[transfer]

    def listeners(self, transfer: str | None = None) -> int:
        """Count who listens, to one transfer or to any."""
        with self._lock:
            if transfer is not None:
                return len(self._listeners.get(transfer, ()))
            return sum(len(all_of_one) for all_of_one in self._listeners.values())

    def close(self) -> None:
        """Wake every listener: the server stops."""
        self.closed = True
        with self._lock:
            listeners = [each for all_of_one in self._listeners.values() for each in all_of_one]
        for listener in listeners:
            listener.hand(None)
