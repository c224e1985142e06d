"""Connections and transactions.

SQLite runs in WAL mode with foreign keys on. A transaction that writes starts with BEGIN IMMEDIATE: begun as a reader it would have to
upgrade, and two that do so at once lose one of the updates. Writers of one process take turns at a lock: SQLite's own waiting is by polling, so
that under load one of many could wait for ever.

PostgreSQL gives the same promises: writers of all replicas take turns at one advisory lock, which ends with their transaction, and a reader sees
one moment. So whatever holds on one person's machine holds for a team; what is written is small and quickly done (decision 81).
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from threading import Lock
from typing import Any, TypeAlias

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DataError, DBAPIError, SQLAlchemyError

from app.errors import KeygraftError
from app.store import migrate
from app.store.migrate import TURN

Transaction: TypeAlias = Connection
"""One unit of work; the functions of `store` take it first."""

_WRITES = "keygraft_writes"
_BUSY_MILLISECONDS = 15_000
_SHARED = 25  # of each replica
_CONNECTIONS = 50  # more than the web's threads: one that holds a connection may need a second


class Database:
    """One database; made by `open_database`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._embedded = engine.dialect.name == "sqlite"
        self._turn = Lock() if self._embedded else nullcontext()

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """One consistent view; nothing is kept."""
        with self._engine.connect() as bare:
            connection = bare if self._embedded else bare.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin(), _storable():
                yield connection

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """All of it is kept, or on an error nothing."""
        with self._turn, self._engine.connect() as bare:
            connection = bare.execution_options(**{_WRITES: True})
            with connection.begin(), _storable():
                if not self._embedded:
                    connection.execute(TURN)
                yield connection

    @property
    def shared(self) -> bool:
        """Whether other processes may serve the same database."""
        return not self._embedded

    @contextmanager
    def bare(self) -> Iterator[Connection]:
        """A connection outside transactions, for what the server does at once."""
        with self._engine.connect() as connection:
            yield connection.execution_options(isolation_level="AUTOCOMMIT")

    def ready(self) -> bool:
        """Whether it answers."""
        with self.read() as tx:
            return tx.execute(text("SELECT 1")).scalar() == 1

    def close(self) -> None:
        """Give back every connection."""
        self._engine.dispose()


class UnstorableError(KeygraftError):
    """A value that no column can hold: a text with a zero in it, a number beyond all bounds."""


@contextmanager
def _storable() -> Iterator[None]:
    """SQLite keeps what PostgreSQL refuses; what is refused was sent by somebody and is no defect of ours."""
    try:
        yield
    except DataError as error:
        raise UnstorableError("value_unstorable") from error


class StoreError(KeygraftError):
    """A database that cannot be used."""


def open_database(url: str, *, migrated: bool = False) -> Database:
    """Open, bring the tables up to date, and hand it over; `migrated`: another process of ours has just done that. Raises StoreError."""
    try:
        return _opened(url, migrated=migrated)
    except SQLAlchemyError as error:
        first = str(error.orig if isinstance(error, DBAPIError) else error).splitlines()[0]
        raise StoreError("database_unusable", why=first[:200]) from error
    except OSError as error:
        raise StoreError("database_unusable", why=error.strerror or "") from error


def _opened(url: str, *, migrated: bool) -> Database:
    parsed = make_url(url)
    embedded = parsed.get_backend_name() == "sqlite"
    if embedded:
        if parsed.database and parsed.database != ":memory:":
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        engine = create_engine(parsed, pool_size=_CONNECTIONS, max_overflow=_CONNECTIONS)
        _tune_sqlite(engine)
    else:
        engine = create_engine(parsed, pool_pre_ping=True, pool_size=_SHARED, max_overflow=_SHARED)
    if not migrated:
        migrate.to_newest(engine)
    return Database(engine)


def _lower(value: str | None) -> str | None:
    return None if value is None else value.lower()


def _tune_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _prepare(connection: SqliteConnection, _record: Any) -> None:
        connection.isolation_level = None  # transactions are ours: see _begin
        connection.create_function("lower", 1, _lower, deterministic=True)  # SQLite's own knows no letters but those of English
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
