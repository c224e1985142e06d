"""Whether one person works here, or people with accounts."""

import time
from threading import Lock

from app.store import Database, accounts

_ASKED_AGAIN = 1.0
"""Seconds after which the database is asked again: another process may have made the first account."""


class Mode:
    """Once somebody has an account it stays so: accounts are switched off, never deleted."""

    def __init__(self) -> None:
        self._team = False
        self._asked = float("-inf")
        self._lock = Lock()

    def remembered(self) -> bool | None:
        """Whether people have accounts; None where it is time to ask the database."""
        if self._team:
            return True
        return None if time.monotonic() - self._asked > _ASKED_AGAIN else False

    def team(self, database: Database) -> bool:
        """Whether people have accounts."""
        known = self.remembered()
        return self._ask(database) if known is None else known

    def _ask(self, database: Database) -> bool:
        with self._lock, database.read() as tx:
            self._team = self._team or accounts.exist(tx)
            self._asked = time.monotonic()
        return self._team

    def changed(self) -> None:
        """Ask again at the next occasion."""
        self._asked = float("-inf")
