"""A team's jobs: the page starts no worker, two `keygraft work` on one PostgreSQL do them; one is killed in the middle of its job."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from app import bootstrap, settings
from app.services import files_out, jobs, sides, transfers
from app.services.house import House
from tests.services.keylists import keys
from tests.store.cluster import Cluster

COUNT = 400
REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def house(cluster: Cluster, tmp_path: Path) -> Iterator[House]:
    """A house on PostgreSQL that starts no worker."""
    (tmp_path / "root").mkdir()
    given = settings.load(data=tmp_path / "data", roots=(tmp_path / "root",), code=False, workers=0, database_url=cluster.url())
    made = bootstrap.open_house(given)
    yield made
    made.close()


@pytest.fixture
def worker(house: House) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts `keygraft work` for the house."""
    started: list[subprocess.Popen[bytes]] = []
    told = {"KEYGRAFT_DATA": str(house.settings.data), "KEYGRAFT_DATABASE_URL": house.settings.database_url, "KEYGRAFT_CODE": "false"}

    def start() -> subprocess.Popen[bytes]:
        process = subprocess.Popen([sys.executable, "-m", "app", "work"], cwd=REPOSITORY, env=os.environ | told)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def reached(house: House, job: str, good: Callable[[jobs.Job], bool]) -> jobs.Job:
    """The job, once it is so."""
    until = time.monotonic() + 90
    while time.monotonic() < until:
        found = jobs.get(house, job)
        if good(found):
            return found
        time.sleep(0.05)
    raise AssertionError(jobs.get(house, job))


def test_another_worker_finishes_what_a_killed_one_began(
    house: House, worker: Callable[[], subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shards that were written stay as they are; the file is whole, and every value is in its place."""
    monkeypatch.setattr(files_out, "QUICK_BYTES", 0)
    path = house.settings.roots[0] / "net.safetensors"
    save_file({f"layers.{i}.w": np.full((16, 1024), i, np.float32) for i in range(COUNT)}, path)
    source = sides.understand(house, str(path))
    target = sides.understand(house, keys(**{f"layers__{i}__w": (16, 1024) for i in range(COUNT)}))
    made = transfers.create(house, {"": source.id}, target.id)
    job = files_out.start(house, made.id, "safetensors", {"max_shard_size": "70kB"})
    assert job.state == "queued"

    first = worker()
    reached(house, job.id, lambda found: found.part >= 5)
    first.send_signal(signal.SIGKILL)
    first.wait()
    stopped = jobs.get(house, job.id)
    assert (stopped.state, stopped.part < COUNT) == ("running", True)
    written = jobs.path_of(house, job.id, f"net-00001-of-{COUNT:05}.safetensors") if stopped.files else None
    assert written is None or written.exists()

    worker()
    ended = reached(house, job.id, lambda found: not found.active)
    assert (ended.state, ended.resumed, len(ended.files)) == ("done", True, COUNT + 1), ended.problem
    shards = [load_file(jobs.path_of(house, job.id, file.name)) for file in ended.files if file.name.endswith(".safetensors")]
    values = {key: value for shard in shards for key, value in shard.items()}
    assert len(values) == COUNT
    assert all((values[f"layers.{i}.w"] == i).all() for i in range(COUNT))


def test_two_workers_share_the_work(house: House, worker: Callable[[], subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight jobs, two processes: each job is done once."""
    monkeypatch.setattr(files_out, "QUICK_BYTES", 0)
    path = house.settings.roots[0] / "net.safetensors"
    save_file({"a.w": np.arange(4, dtype=np.float32), "b.w": np.ones(4, np.float32)}, path)
    source = sides.understand(house, str(path))
    target = sides.understand(house, keys(a__w=(4,), b__w=(4,)))
    made = transfers.create(house, {"": source.id}, target.id)
    asked = [files_out.start(house, made.id, "safetensors", {"max_shard_size": str(1000 + number)}) for number in range(8)]
    assert len({job.id for job in asked}) == 8
    worker(), worker()
    ended = [reached(house, job.id, lambda found: not found.active) for job in asked]
    assert [(job.state, job.resumed) for job in ended] == [("done", False)] * 8
    assert all((load_file(jobs.path_of(house, job.id, job.files[0].name))["a.w"] == np.arange(4)).all() for job in ended)
