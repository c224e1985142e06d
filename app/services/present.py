"""Who looks at a transfer right now, and what they have selected. Kept in memory only: it is true for seconds."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from threading import Lock
from typing import Literal, NamedTuple

import msgspec

LASTS = timedelta(seconds=45)
"""A tab that has not been heard of for so long is gone; it speaks up every 20 seconds."""
_MOST = 200

Screen = Literal["map", "review", "export"]


class Present(msgspec.Struct, frozen=True):
    """One tab of somebody: what it shows, and the rows it has selected.

    nodes  -- numbers of the rows, as the pane's tree counts them
    folded -- whether families are folded in that pane: the numbers are others where not
    """

    client: str
    person: str
    name: str
    screen: Screen
    side: str = ""
    nodes: tuple[int, ...] = ()
    folded: bool = True


class Tab(NamedTuple):
    """A tab, and the transfer that it shows."""

    transfer: str
    client: str


class Presence:
    """Tabs by transfer, each with the moment it was last heard of; beside them the tabs that a connection stands for right now."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._carried: Counter[Tab] = Counter()
        self._there: dict[str, dict[str, tuple[Present, datetime]]] = defaultdict(dict)

    def put(self, transfer: str, present: Present, at: datetime) -> bool:
        """Note a tab; whether it says anything new."""
        with self._lock:
            there = self._there[transfer]
            known = there.get(present.client)
            if known is None and len(there) >= _MOST:
                return False
            there[present.client] = (present, at)
            return known is None or known[0] != present

    def drop(self, transfer: str, client: str, person: str | None = None) -> Present | None:
        """Forget a tab, where it is the person's; what it was."""
        with self._lock:
            there = self._there.get(transfer, {})
            if client not in there or person not in {None, there[client][0].person}:
                return None
            gone = there.pop(client)
            if not there:
                del self._there[transfer]
        return gone[0]

    def carry(self, tabs: Iterable[Tab]) -> None:
        """A connection stands for these tabs."""
        with self._lock:
            self._carried.update(tabs)

    def let_go(self, tabs: Iterable[Tab]) -> None:
        """It does so no more."""
        with self._lock:
            self._carried.subtract(tabs)
            self._carried = +self._carried

    def carried(self, tab: Tab) -> bool:
        """Whether any connection stands for a tab."""
        with self._lock:
            return tab in self._carried

    def there(self, transfer: str, at: datetime) -> tuple[Present, ...]:
        """Tabs that were heard of lately."""
        with self._lock:
            return tuple(present for present, seen in self._there.get(transfer, {}).values() if at - seen < LASTS)
