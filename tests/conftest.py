"""What every test may ask for."""

import fcntl
import gc
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("house", deadline=None, derandomize="CI" in os.environ, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")
"""No example is timed; in CI all runs try the same ones, and `make fuzz` looks for new ones."""

ROOT = Path(__file__).resolve().parents[1]

gc.set_threshold(10_000, 20)
"""Imports and tests make much that stays: to look for garbage after each 700 values took a tenth of the time."""


_aside = 0


def pytest_runtest_setup() -> None:
    """Modules and collected tests stay to the end: the collector, which would look at a million of them again and again, sets them aside."""
    global _aside  # noqa: PLW0603 -- one process, one collector
    if len(sys.modules) > _aside + 100:
        gc.collect()
        gc.freeze()
        _aside = len(sys.modules)


@pytest.fixture(scope="session")
def root() -> Path:
    """Top of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """Material that lies beside the checkout: corpus, checkpoints, hostile files. The program itself never reads it."""
    folder = ROOT.parent / "shared"
    assert folder.is_dir(), f"the tests need the folder {folder.name}/ beside the checkout"
    return folder


@pytest.fixture(scope="session", autouse=True)
def own_hasher():
    """What passwords are hashed with outside of tests. Within them a hash costs next to nothing, for hundreds are made."""
    from pwdlib import PasswordHash
    from pwdlib.hashers.argon2 import Argon2Hasher

    from app.services import passwords

    own, weak = passwords._hasher, PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(passwords, "_hasher", lambda: weak)
        yield own


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database as the migrations leave it."""
    from app.store.database import open_database

    path = tmp_path_factory.mktemp("migrated") / "keygraft.db"
    open_database(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="module")
def copied_databases(migrated: Path):
    """A database that is not there yet is made by copying one that is. All others are migrated, and so is each in tests/store."""
    from app.store import migrate

    own = migrate.to_newest

    def to_newest(engine) -> None:
        new = engine.dialect.name == "sqlite" and not Path(engine.url.database).exists()
        shutil.copyfile(migrated, engine.url.database) if new else own(engine)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(migrate, "to_newest", to_newest)
        yield


@pytest.fixture(scope="session")
def sandbox():
    """One warm worker for the whole session; the environment of the tests holds a secret that it must not see."""
    from app.sandbox import Limits, Sandbox

    os.environ["MSX_CANARY_SECRET"] = "msx-env-7f3a"
    with Sandbox(limits=Limits(seconds=10)) as started:
        assert started.status().holds, started.status()
        yield started


@pytest.fixture(scope="session")
def cluster():
    """A PostgreSQL of the tests' own; without its programs the tests that need it fail, and say what to install."""
    from tests.store.cluster import LACKING, Cluster, find

    if find() is None:
        pytest.fail(LACKING)
    started = Cluster()
    yield started
    started.stop()


@pytest.fixture(scope="session")
def pack(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Path:
    """The hostile files; the canary folder lies beside."""
    folder = tmp_path_factory.mktemp("hostile")
    script = str(shared / "hostile.py")
    subprocess.run([sys.executable, script, str(folder / "pack"), "--canary", str(folder / "canary")], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def fetched(request: pytest.FixtureRequest, shared: Path) -> Path:
    """Checkpoints out of public packages, brought once into pytest's cache, or a folder named by KEYGRAFT_CHECKPOINTS."""
    if "KEYGRAFT_CHECKPOINTS" in os.environ:
        return Path(os.environ["KEYGRAFT_CHECKPOINTS"])
    folder = Path(request.config.cache.mkdir("checkpoints"))
    done = folder / "complete"
    with (folder.parent / "checkpoints.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another process of tests may be at it
        if not done.exists():
            subprocess.run([sys.executable, str(shared / "checkpoints/fetch.py"), str(folder)], check=True, capture_output=True)
            done.touch()
    return folder


@pytest.fixture(scope="session")
def canary(shared: Path) -> ModuleType:
    """Files and listeners that nobody may touch; `check` names what was touched. One for all tests: its ports are fixed."""
    spec = importlib.util.spec_from_file_location("setup_canary", shared / "escape" / "setup_canary.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.make()
    module.listen()
    return module
