"""What one process tells the others that share its database: PostgreSQL's NOTIFY. SQLite serves one process, which has nobody to tell."""

import threading
from collections.abc import Callable
from typing import Protocol, cast

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app import logs
from app.store.database import Database

CHANNEL = "keygraft"
LONGEST = 7900
"""Bytes of one bulletin; PostgreSQL takes less than 8,000."""
_LOOK = 1.0
_AGAIN = 1.0


class _Notice(Protocol):
    payload: str


class _Listening(Protocol):
    """The part of a psycopg connection that listens."""

    def execute(self, query: str) -> object: ...
    def notifies(self, *, timeout: float) -> "list[_Notice]": ...
    def close(self) -> None: ...


def tell(database: Database, words: str) -> None:
    """Tell all processes, this one too; what is too long, or cannot be sent now, is not told: it is news, not the record."""
    if len(words.encode()) > LONGEST:
        return
    try:
        with database.bare() as connection:
            connection.execute(text("SELECT pg_notify(:channel, :words)"), {"channel": CHANNEL, "words": words})
    except SQLAlchemyError as error:
        logs.logger().warning("not told to others", **logs.kind(error))


class Bulletin:
    """Hears of the other processes in a thread of its own; a lost connection is made again."""

    def __init__(self, database: Database, heard: Callable[[str], None]) -> None:
        self._database = database
        self._heard = heard
        self._closed = threading.Event()
        self.listening = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="bulletin", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Hear no more."""
        self._closed.set()
        self._thread.join(2 * _LOOK)

    def _listen(self) -> None:
        while not self._closed.is_set():
            try:
                self._hear()
            except Exception as error:  # noqa: BLE001  # the edge of a thread: the driver's errors have no common class with the pool's
                logs.logger().warning("others are not heard", **logs.kind(error))
                self._closed.wait(_AGAIN)

    def _hear(self) -> None:
        with self._database.bare() as connection:
            driver = cast("_Listening", connection.connection.driver_connection)
            connection.detach()  # it lives as long as the process: the pool makes another
            driver.execute(f"LISTEN {CHANNEL}")
            self.listening.set()
            while not self._closed.is_set():
                for notice in driver.notifies(timeout=_LOOK):
                    self._heard(notice.payload)
