"""Trying passwords one after the other is slow: attempts are counted by account and by address, in the database that all replicas share."""

from datetime import timedelta
from typing import ClassVar

from app.errors import KeygraftError
from app.services.house import House
from app.store import attempts

WINDOW = timedelta(minutes=15)
BY_LOGIN, BY_ADDRESS = 10, 40
"""Attempts in a window that may fail. The account's person can still come in by a new link of an admin; who is signed in stays so."""


class ThrottledError(KeygraftError):
    """Too many attempts."""

    status: ClassVar[int] = 429


def begin(house: House, login: str, address: str) -> int:
    """Count an attempt before it is looked at, so that many at once count too; return its number. Raises ThrottledError."""
    at = house.clock()
    with house.database.write() as tx:
        attempts.drop_before(tx, at - WINDOW)
        since = at - WINDOW
        tried = attempts.of_login(tx, login, since) >= BY_LOGIN or attempts.of_address(tx, address, since) >= BY_ADDRESS
        number = 0 if tried else attempts.add(tx, login, address, at)
    if tried:
        raise ThrottledError("sign_in_throttled", minutes=int(WINDOW.total_seconds() // 60))
    return number
