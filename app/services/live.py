"""Who looks at a transfer hears of every change: an event hub inside the process.

The hub keeps the last events, each under a number. A listener is only woken; it asks for what happened after the number it heard of last, so that
whoever comes back after a lost connection is told exactly what they missed, or that too much happened meanwhile.
"""

import asyncio
import secrets
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from threading import Lock
from typing import Literal, NamedTuple

import msgspec

KEPT = 4000
"""Events that can be asked for later."""
_DIGITS = 15

HOUSE = ""
"""Where events stand that are of no transfer: everybody who listens hears them."""

EventKind = Literal["changed", "proposals", "findings", "loader", "named", "renamed", "deleted", "review", "presence", "rights", "inbox"]


def own(person: str) -> str:
    """Where events stand that concern one person; no transfer is called so."""
    return f"@{person}"


class Event(msgspec.Struct, frozen=True):
    """Something happened to a transfer. `client` is the tab that did it, so that its own echo can be ignored; `about` is JSON, for presence.

    Two kinds are for the server that hands events out: `rights`, what somebody may do has changed, so that each listener is asked about again;
    `inbox`, something may wait for the person that `transfer` names (see `own`).
    """

    transfer: str
    kind: EventKind
    version: int
    client: str = ""
    about: str = ""


class Numbered(NamedTuple):
    """An event of this process, and its number."""

    number: int
    event: Event


class Happened(NamedTuple):
    """Events after a place, up to the place `at`; not `whole`: some are no longer known here, all that is shown has to be asked for anew."""

    events: tuple[Numbered, ...]
    at: int
    whole: bool

    @property
    def turned(self) -> bool:
        """Whether somebody's rights changed meanwhile."""
        return any(each.event.kind == "rights" for each in self.events)


class Listener:
    """One who listens; made by `Hub.listen`, used in one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._news = asyncio.Event()

    async def wait(self, seconds: float | None = None) -> bool:
        """Wait for news; False where `seconds` pass without."""
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return False
        self._news.clear()
        return True

    def wake(self) -> None:
        """There is news; from any thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._news.set)


class Hub:
    """Hands events to all who listen to a transfer.

    mark   -- names this process in places: numbers of another one, or of before a restart, mean nothing here
    others -- tells the other processes that serve the same database, where there are any
    """

    def __init__(self) -> None:
        self.mark = secrets.token_hex(4)
        self.others: Callable[[Event], None] | None = None
        self._lock = Lock()
        self._kept: deque[Numbered] = deque(maxlen=KEPT)
        self._at = 0
        self._listeners: dict[str, set[Listener]] = defaultdict(set)
        self.closed = False

    def publish(self, event: Event) -> None:
        """Tell all listeners, of other processes too; from any thread."""
        self.hand_out(event)
        if self.others is not None:
            self.others(event)

    def hand_out(self, event: Event) -> None:
        """Tell the listeners of this process."""
        with self._lock:
            self._at += 1
            self._kept.append(Numbered(self._at, event))
            listeners = tuple(self._listeners.get(event.transfer, ()))
        for listener in listeners:
            listener.wake()

    @property
    def place(self) -> str:
        """Where it stands now, for who asks later what happened since."""
        return self.spelled(self._at)

    def spelled(self, number: int) -> str:
        """A place in the words that browsers keep."""
        return f"{self.mark}-{number}"

    def number(self, places: str) -> int | None:
        """The number in a list of places (`mark-number`, by commas) that is of this process."""
        for place in places.split(","):
            mark, _, digits = place.partition("-")
            if mark == self.mark and digits.isdecimal() and digits.isascii() and len(digits) <= _DIGITS:
                return int(digits)
        return None

    def since(self, transfers: Collection[str], number: int | None) -> Happened:
        """What happened to some transfers after a number; None: after one that means nothing here."""
        with self._lock:
            at, events = self._at, list[Numbered]()
            for each in reversed(self._kept):
                if number is None or each.number <= number:
                    break
                if each.event.transfer in transfers:
                    events.append(each)
            whole = number is not None and at - len(self._kept) <= number <= at
        return Happened(_sparse(events), at, whole)

    @asynccontextmanager
    async def listen(self, transfers: Collection[str]) -> AsyncIterator[Listener]:
        """Listen to some transfers for as long as the block runs."""
        listener = Listener(asyncio.get_running_loop())
        with self._lock:
            for transfer in transfers:
                self._listeners[transfer].add(listener)
        try:
            yield listener
        finally:
            with self._lock:
                for transfer in transfers:
                    self._listeners[transfer].discard(listener)
                    if not self._listeners[transfer]:
                        del self._listeners[transfer]

    def listeners(self, transfer: str | None = None) -> int:
        """Count who listens, to one transfer or to any: each connection once, however many transfers it carries."""
        with self._lock:
            if transfer is not None:
                return len(self._listeners.get(transfer, ()))
            return len(set[Listener]().union(*self._listeners.values()))

    def close(self) -> None:
        """Wake every listener: the server stops."""
        self.closed = True
        with self._lock:
            listeners = set[Listener]().union(*self._listeners.values())
        for listener in listeners:
            listener.wake()


def _sparse(backwards: list[Numbered]) -> tuple[Numbered, ...]:
    """Events in their order; of a tab's presence only the newest, which says all that the ones before said."""
    told: set[tuple[str, str]] = set()
    kept = []
    for each in backwards:
        if each.event.kind == "presence":
            tab = (each.event.transfer, each.event.client)
            if tab in told:
                continue
            told.add(tab)
        kept.append(each)
    return tuple(reversed(kept))
