"""What the command line does to the rights of people, while a server runs on the same SQLite file.

There is nobody to tell the server: the log that both write to is looked at, once a second, and only while anybody listens.
"""

import threading

from app import logs
from app.services import calling
from app.services.house import House
from app.store import audit

LOOK = 1.0
_TURNING = ("role.", "share.revoked", "team.", "admin.", "account.", "session.", "sign-out.", "password.", "token.revoked")
"""Lines of the log after which somebody may do less, or more, than before."""


class Watch:
    """Looks at the log in a thread of its own."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Look no more."""
        self._closed.set()
        self._thread.join(2 * LOOK)

    def _watch(self) -> None:
        seen: int | None = None
        while not self._closed.wait(LOOK):
            try:
                seen = self._look(seen) if self._house.hub.listeners() else None
            except Exception as error:  # noqa: BLE001  # the edge of a thread: the next look is another try
                logs.logger().warning("the log is not watched", **logs.kind(error))

    def _look(self, seen: int | None) -> int:
        """The newest line, after those who listen were called where one is about rights; the first time, for nobody looked until then."""
        with self._house.database.read() as tx:
            lines = audit.listed(tx, limit=1) if seen is None else audit.after(tx, seen)
        if seen is None or any(each.what.startswith(_TURNING) for each in lines):
            calling.rights_changed(self._house)
        return lines[-1].id if lines else seen or 0
