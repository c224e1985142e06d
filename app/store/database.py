"""Connections and transactions.

SQLite runs in WAL mode with foreign keys on. A transaction that writes starts with BEGIN IMMEDIATE: begun as a reader it would have to
upgrade, and two that do so at once lose one of the updates. Writers of one process take turns at a lock: SQLite's own waiting is by polling, so
that under load one of many could wait for ever.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from threading import Lock
from typing import Any, TypeAlias

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from app.errors import KeygraftError
from app.store import migrate

Transaction: TypeAlias = Connection
"""One unit of work; the functions of `store` take it first."""

_WRITES = "keygraft_writes"
_BUSY_MILLISECONDS = 15_000
_CONNECTIONS = 50  # more than the web's threads: one that holds a connection may need a second


class Database:
    """One database; made by `open_database`."""

    def __init__(self, engine: Engine, *, one_writer: bool = False) -> None:
        self._engine = engine
        self._turn = Lock() if one_writer else nullcontext()

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """One consistent view; nothing is kept."""
        with self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """All of it is kept, or on an error nothing."""
        with self._turn, self._engine.connect() as bare:
            connection = bare.execution_options(**{_WRITES: True})
            with connection.begin():
                yield connection

    def ready(self) -> bool:
        """Whether it answers."""
        with self.read() as tx:
            return tx.execute(text("SELECT 1")).scalar() == 1

    def close(self) -> None:
        """Give back every connection."""
        self._engine.dispose()


class StoreError(KeygraftError):
    """A database that cannot be used."""


def open_database(url: str) -> Database:
    """Open, bring the tables up to date, and hand it over. Raises StoreError."""
    try:
        return _opened(url)
    except SQLAlchemyError as error:
        first = str(error.orig if isinstance(error, DBAPIError) else error).splitlines()[0]
        raise StoreError("database_unusable", why=first[:200]) from error
    except OSError as error:
        raise StoreError("database_unusable", why=error.strerror or "") from error


def _opened(url: str) -> Database:
    parsed = make_url(url)
    embedded = parsed.get_backend_name() == "sqlite"
    if embedded:
        if parsed.database and parsed.database != ":memory:":
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        engine = create_engine(parsed, pool_size=_CONNECTIONS, max_overflow=_CONNECTIONS)
        _tune_sqlite(engine)
    else:
        engine = create_engine(parsed, pool_pre_ping=True)
    migrate.to_newest(engine)
    return Database(engine, one_writer=embedded)


def _tune_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _prepare(connection: SqliteConnection, _record: Any) -> None:
        connection.isolation_level = None  # transactions are ours: see _begin
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={_BUSY_MILLISECONDS}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
