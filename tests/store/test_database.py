"""The database: tables, transactions, trees."""

import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_mock_engine, text
from sqlalchemy.exc import IntegrityError

from app.keys import KeyTree, Location, TensorInfo
from app.store import Database, SideRow, TransferRow, edits, people, sides, transfers, trees
from app.store.database import StoreError, UnstorableError, open_database
from app.store.tables import metadata
from tests.store.cluster import Cluster

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A new database with one person in it, of either kind: the same is promised of both."""
    shared = request.param == "postgresql"
    made = open_database(request.getfixturevalue("cluster").url() if shared else f"sqlite:///{tmp_path / 'folder' / 'keygraft.db'}")
    with made.write() as tx:
        people.ensure(tx, people.LOCAL, "You", NOW)
    yield made
    made.close()


def side(name: str, tree: str | None = None) -> SideRow:
    """A side."""
    return SideRow(name, "text", name, "ready", b"{}", b"{}", tree, people.LOCAL, NOW)


def transfer(name: str, source: str, target: str) -> TransferRow:
    """A transfer."""
    return TransferRow(name, name, 0, b"plan", target, people.LOCAL, NOW, NOW, False, False, None, {"b": source, "a": source})


def test_migrations_lead_to_the_tables(database: Database) -> None:
    """What the migrations make is what the code describes."""
    with database.read() as tx:
        assert compare_metadata(MigrationContext.configure(tx), metadata) == []


def test_the_tables_can_be_made_in_postgresql() -> None:
    """Every type has its counterpart."""
    statements: list[str] = []
    engine = create_mock_engine("postgresql+psycopg://", lambda sql, *_, **__: statements.append(str(sql.compile(dialect=engine.dialect))))
    metadata.create_all(engine, checkfirst=False)
    made = "\n".join(statements)
    assert "BYTEA" in made
    assert "TIMESTAMP WITH TIME ZONE" in made
    assert "BIGSERIAL" in made


def test_opening_twice_changes_nothing(tmp_path: Path) -> None:
    """A database that is up to date stays as it is."""
    url = f"sqlite:///{tmp_path / 'keygraft.db'}"
    open_database(url).close()
    again = open_database(url)
    assert again.ready()
    again.close()


def test_pragmas(tmp_path: Path) -> None:
    """Write-ahead log, foreign keys."""
    with closing(open_database(f"sqlite:///{tmp_path / 'keygraft.db'}")) as database, database.read() as tx:
        assert tx.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert tx.execute(text("PRAGMA foreign_keys")).scalar() == 1


def test_foreign_keys_hold(database: Database) -> None:
    """A transfer of sides that are not there is refused, and nothing of it is kept."""
    with pytest.raises(IntegrityError), database.write() as tx:
        transfers.add(tx, transfer("t", "nowhere", "nowhere"))
    with database.read() as tx:
        assert transfers.listed(tx, archived=False) == []


def test_readers_do_not_wait_for_a_writer(database: Database) -> None:
    """A page is rendered while an edit is written."""
    with database.write() as tx:
        sides.add(tx, side("new"))
        with database.read() as other:
            assert sides.find(other, "new") is None


def test_read_then_write_loses_no_update(database: Database) -> None:
    """Four hundred increments by eight threads; begun as readers, most would be lost."""
    with database.write() as tx:
        sides.add(tx, side("s"))
        transfers.add(tx, transfer("t", "s", "s"))

    def work() -> None:
        for _ in range(50):
            with database.write() as tx:
                row = transfers.find(tx, "t")
                assert row is not None
                transfers.advance(tx, "t", row.version + 1, b"plan", NOW)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as tx:
        row = transfers.find(tx, "t")
    assert row is not None
    assert row.version == 400


def test_sources_keep_their_order_and_times_their_zone(database: Database) -> None:
    """Named sources come back as they were given; moments are UTC."""
    with database.write() as tx:
        sides.add(tx, side("s"))
        transfers.add(tx, transfer("t", "s", "s"))
        transfers.advance(tx, "t", 1, b"p", datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=8))))
    with database.read() as tx:
        row = transfers.find(tx, "t")
    assert row is not None
    assert list(row.sources) == ["b", "a"]
    assert row.changed == datetime(2025, 12, 31, 16, tzinfo=UTC)


def test_deleting_a_transfer_takes_its_history(database: Database) -> None:
    """Sides stay while something uses them, and go when nothing does."""
    with database.write() as tx:
        sides.add(tx, side("s"))
        transfers.add(tx, transfer("t", "s", "s"))
        transfers.add(tx, transfer("u", "s", "s"))
        transfers.reject(tx, "t", 1, [("key", "claim"), ("key", "claim")])
    with database.write() as tx:
        transfers.delete(tx, "t")
        assert transfers.rejected(tx, "t") == set()
        assert sides.drop_unused(tx, ["s"]) == []
        transfers.delete(tx, "u")
        assert sides.drop_unused(tx, ["s"]) == ["s"]
        assert edits.newest_first(tx, "t") == []


def test_many_at_once_bring_it_up_to_date(cluster: Cluster) -> None:
    """Replicas that start together make each table once."""
    url = cluster.url()
    opened: list[Database] = []
    threads = [threading.Thread(target=lambda: opened.append(open_database(url))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each.ready() for each in opened] == [True] * 4
    for each in opened:
        each.close()


def test_a_reader_sees_one_moment(database: Database) -> None:
    """What others write meanwhile is seen by the next one."""
    with database.read() as tx:
        assert sides.find(tx, "new") is None
        with database.write() as other:
            sides.add(other, side("new"))
        assert sides.find(tx, "new") is None
    with database.read() as tx:
        assert sides.find(tx, "new") is not None


def test_a_key_may_hold_a_zero(database: Database) -> None:
    """Whatever a checkpoint calls its tensors, a refusal of it is remembered."""
    with database.write() as tx:
        sides.add(tx, side("s"))
        transfers.add(tx, transfer("t", "s", "s"))
        transfers.reject(tx, "t", 1, [("a\0b", "claim")])
    with database.read() as tx:
        assert transfers.rejected(tx, "t") == {("a\0b", "claim")}


def test_what_cannot_be_kept_is_refused_and_is_no_defect(cluster: Cluster) -> None:
    """PostgreSQL keeps no zero in a text, and no number beyond its column."""
    with closing(open_database(cluster.url())) as database:
        with pytest.raises(UnstorableError), database.read() as tx:
            sides.find(tx, "a\0b")
        with pytest.raises(UnstorableError), database.read() as tx:
            edits.snapshot_before(tx, "t", 1 << 40)


tokens = st.one_of(st.text(max_size=5), st.integers(0, 99), st.booleans(), st.none(), st.binary(max_size=3), st.just("\ud800"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    entries=st.dictionaries(
        st.text(max_size=8).filter(lambda key: key.isprintable()), st.tuples(tokens, st.lists(st.integers(0, 9), max_size=3)), max_size=5
    )
)
def test_a_tree_comes_back_as_it_was(database: Database, entries: dict[str, tuple[object, list[int]]]) -> None:
    """With the types of its tokens; equal trees are kept once."""
    tensors = {key: TensorInfo(tuple(shape), "F32", (token,), Location(0, 8, 16, "s")) for key, (token, shape) in entries.items()}
    tree = KeyTree("torch-zip", tensors, nesting=("model", 0))
    with database.write() as tx:
        digest = trees.keep(tx, tree)
        assert trees.keep(tx, tree) == digest
        assert trees.find(tx, digest) == tree
        trees.drop_unused(tx)
        assert trees.find(tx, digest) is None


def test_a_damaged_database_is_not_opened(tmp_path: Path) -> None:
    """What is no database raises at once, before anything is served."""
    path = tmp_path / "keygraft.db"
    path.write_bytes(b"no database" * 100)
    for url in (f"sqlite:///{path}", f"sqlite:///{path}/below/keygraft.db", "nonsense://", "no url"):
        with pytest.raises(StoreError, match="database_unusable"):
            open_database(url)
