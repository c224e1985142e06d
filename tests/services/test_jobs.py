"""Jobs as the services see them: submitted, taken, moved on, ended; with a process of the job that is played."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from app import bootstrap, settings
from app.errors import ConflictError, NotFoundError
from app.jobs import own_name
from app.services import files_out, housekeeping, jobs, sides, transfers
from app.services.cards import TransferCard
from app.services.house import House
from app.services.jobs import asking
from app.services.jobs.cards import JobFile, Result
from app.services.jobs.child import ChildError, Done, Outline
from app.services.jobs.work import Steps
from app.services.jobs.worker import LIVES, SILENCE, Worker
from app.store import JobRow
from app.store import jobs as table
from tests.services.doing import Direct
from tests.services.keylists import keys

DEAD = "another-machine:1:1"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A house whose jobs wait for a worker elsewhere."""
    (tmp_path / "root").mkdir()
    made = bootstrap.open_house(settings.load(data=tmp_path / "data", roots=(tmp_path / "root",), code=False, workers=0))
    yield made
    made.close()


@pytest.fixture
def transfer(house: House) -> TransferCard:
    """A checkpoint of two tensors, one renamed."""
    from safetensors.numpy import save_file

    path = house.settings.roots[0] / "net.safetensors"
    save_file({"a.weight": np.arange(6, dtype=np.float32).reshape(2, 3), "b.weight": np.ones((4,), np.float32)}, path)
    source = sides.understand(house, str(path))
    target = sides.understand(house, keys(a__weight=(2, 3), b__weight=(4,)))
    return transfers.create(house, {"": source.id}, target.id)


@pytest.fixture
def waiting(house: House, transfer: TransferCard, monkeypatch: pytest.MonkeyPatch) -> jobs.Job:
    """An export that is held for long."""
    monkeypatch.setattr(files_out, "QUICK_BYTES", 0)
    return files_out.start(house, transfer.id, "safetensors", {"max_shard_size": "24"})


class Played:
    """A job's process that is played: two parts of ten bytes; `acts` says what happens in a step instead."""

    def __init__(self, acts: dict[str, Callable[[Callable[[int], None]], None]] | None = None) -> None:
        self.acts = acts or {}
        self.asked: list[str] = []
        self.ended = False

    def ask(self, what: str, number: int, beat: Callable[[int], None]) -> Outline | Done:
        """Answer like `Child.ask`."""
        name = f"part {number}" if what == "part" else what
        self.asked.append(name)
        self.acts.get(name, lambda _: None)(beat)
        if what == "prepare":
            return Outline((10, 10), (False, False))
        if what == "part":
            beat(10)
            return Done()
        return Done(Result((JobFile("net.safetensors", 20),)))

    def end(self) -> None:
        """Note it."""
        self.ended = True


def worker(house: House, child: Played, engines: list[Direct] | None = None) -> Worker:
    """A worker whose jobs are done by `child`."""
    steps = Steps(house, lambda _row: child, own_name())  # type: ignore[arg-type, return-value]  # plays a Child

    def make(work: Steps) -> Direct:
        made = Direct(work)
        if engines is not None:
            engines.append(made)
        return made

    return Worker(house, steps, make, own_name())  # type: ignore[arg-type]  # plays an engine


def row(house: House, job: str) -> JobRow:
    """A job as it is kept."""
    with house.database.read() as tx:
        found = table.find(tx, job)
    assert found is not None
    return found


def test_what_takes_no_time_is_done_at_once(house: House, transfer: TransferCard) -> None:
    """A small file needs no worker, and is shown like any other job."""
    from safetensors.numpy import load_file

    job = files_out.start(house, transfer.id, "safetensors")
    assert (job.state, job.part, job.done) == ("done", 1, job.total)
    written = load_file(jobs.path_of(house, job.id, job.files[0].name))
    assert np.array_equal(written["a.weight"], np.arange(6, dtype=np.float32).reshape(2, 3))


def test_a_job_runs_to_its_end(house: House, waiting: jobs.Job) -> None:
    """It waits, it is taken, each part is asked for once, and its process is ended."""
    child = Played()
    assert waiting.state == "queued"
    assert worker(house, child).look() is True
    done = jobs.get(house, waiting.id)
    assert child.asked == ["prepare", "part 0", "part 1", "finish"]
    assert child.ended
    assert (done.state, done.part, done.parts, done.done, done.total) == ("done", 2, 2, 20, 20)
    assert [file.name for file in done.files] == ["net.safetensors"]


def test_the_same_is_not_made_twice_at_a_time(house: House, transfer: TransferCard, waiting: jobs.Job) -> None:
    """Who asks again while it waits gets the job that waits; other options are another job."""
    assert files_out.start(house, transfer.id, "safetensors", {"max_shard_size": "24"}).id == waiting.id
    assert files_out.start(house, transfer.id, "safetensors", {"dtype": "F16"}).id != waiting.id


def test_progress_is_seen_while_it_runs(house: House, waiting: jobs.Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes, speed and the time that remains stand in the table before a part is done."""
    monkeypatch.setattr("app.services.jobs.work._SAID_EVERY", 0.0)
    seen = []

    def look(beat: Callable[[int], None]) -> None:
        beat(4)
        seen.append(jobs.get(house, waiting.id))

    worker(house, Played({"part 1": look})).look()
    assert (seen[0].state, seen[0].part, seen[0].done, seen[0].total) == ("running", 1, 14, 20)
    assert seen[0].speed > 0
    assert seen[0].remaining == pytest.approx(6 / seen[0].speed)


def test_a_waiting_job_is_cancelled_at_once(house: House, waiting: jobs.Job) -> None:
    """No worker sees it any more."""
    assert jobs.cancel(house, waiting.id).state == "cancelled"
    assert worker(house, Played()).look() is False
    assert jobs.cancel(house, waiting.id).state == "cancelled"


def test_a_running_job_ends_where_somebody_wants_it(house: House, waiting: jobs.Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its process is killed in the middle of a part, and nothing of it stays on the disk."""
    monkeypatch.setattr("app.services.jobs.work._SAID_EVERY", 0.0)
    folder = asking.folder_of(house, waiting.transfer, waiting.id)

    def stop(beat: Callable[[int], None]) -> None:
        (folder / ".half.partial").write_bytes(b"half")
        assert jobs.cancel(house, waiting.id).stopping
        beat(1)
        pytest.fail("it went on")

    child = Played({"part 1": stop})
    worker(house, child).look()
    assert jobs.get(house, waiting.id).state == "cancelled"
    assert child.ended
    assert not folder.exists()


def test_a_job_that_fails_says_why_and_can_be_tried_again(house: House, waiting: jobs.Job) -> None:
    """A process that dies is a failure of the job, in words; the next attempt is a new one for the engine."""

    def die(_beat: Callable[[int], None]) -> None:
        raise ChildError("job_process_died", signal=11)

    engines: list[Direct] = []
    worker(house, Played({"part 1": die})).look()
    failed = jobs.get(house, waiting.id)
    assert failed.state == "failed"
    assert failed.problem is not None
    assert (failed.problem.code, failed.problem.params) == ("job_process_died", {"signal": 11})
    assert jobs.retry(house, waiting.id).state == "queued"
    worker(house, Played(), engines).look()
    assert engines[0].calls == [("start", waiting.id, 2)]
    done = jobs.get(house, waiting.id)
    assert (done.state, done.attempt, done.problem) == ("done", 2, None)
    with pytest.raises(ConflictError, match="job_not_ended"):
        jobs.retry(house, waiting.id)


def orphaned(house: House, job: str, executor: str, silent: timedelta) -> None:
    """Leave a job as a worker leaves it that is killed after the first part."""
    with house.database.write() as tx:
        table.claim(tx, job, executor, house.clock() - silent)
        table.planned(tx, job, 2, 20)
        table.moved(tx, job, executor, part=1, done=10, speed=1.0, at=house.clock() - silent)


@pytest.mark.parametrize(
    ("executor", "silent", "taken"),
    [
        (own_name().rsplit(":", 1)[0] + ":1", timedelta(0), True),
        (DEAD, SILENCE + timedelta(seconds=1), True),
        (DEAD, timedelta(seconds=1), False),
    ],
    ids=["ended here", "silent elsewhere", "heard of elsewhere"],
)
def test_jobs_of_dead_workers_are_taken_over(house: House, waiting: jobs.Job, executor: str, silent: timedelta, taken: bool) -> None:
    """A process of this machine that is gone is known at once; one of another machine is dead when it has been silent for long."""
    orphaned(house, waiting.id, executor, silent)
    engines: list[Direct] = []
    child = Played()
    worker(house, child, engines).look()
    now = jobs.get(house, waiting.id)
    assert (now.state, now.resumed) == (("done", 1) if taken else ("running", 0))
    assert (engines[0].calls if engines else []) == ([("resume", waiting.id, 1)] if taken else [])
    if taken:
        assert child.asked == ["prepare", "part 1", "finish"]


def test_a_job_that_kills_its_workers_is_given_up(house: House, waiting: jobs.Job) -> None:
    """It is not tried for ever."""
    for _ in range(LIVES - 1):
        orphaned(house, waiting.id, DEAD, SILENCE * 2)
        with house.database.write() as tx:
            table.take_over(tx, waiting.id, DEAD, DEAD, house.clock() - SILENCE * 2)
    engines: list[Direct] = []
    worker(house, Played(), engines).look()
    assert engines == []
    assert row(house, waiting.id).state == "failed"
    assert jobs.get(house, waiting.id).problem.code == "job_given_up"  # type: ignore[union-attr]  # it failed


def test_a_worker_that_lost_its_job_does_no_harm(house: House, waiting: jobs.Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """Held for dead and taken over, it stops at its next word and leaves the state to the other."""
    monkeypatch.setattr("app.services.jobs.work._SAID_EVERY", 0.0)

    def lose(beat: Callable[[int], None]) -> None:
        with house.database.write() as tx:
            assert table.take_over(tx, waiting.id, own_name(), DEAD, house.clock())
        beat(1)
        pytest.fail("it went on")

    worker(house, Played({"part 0": lose})).look()
    kept = row(house, waiting.id)
    assert (kept.state, kept.executor) == ("running", DEAD)


def test_only_so_many_run_at_once(house: House, transfer: TransferCard, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest wait for their turn."""
    monkeypatch.setattr(files_out, "QUICK_BYTES", 0)
    made = [files_out.start(house, transfer.id, "safetensors", {"max_shard_size": str(size)}) for size in (20, 21, 22)]
    started: list[str] = []

    class Slow(Direct):
        def start(self, job: str, attempt: int) -> None:
            started.append(job)

    Worker(house, Steps(house, lambda _row: Played(), own_name()), Slow, own_name()).look()  # type: ignore[arg-type, return-value]
    assert started == [job.id for job in made[: house.settings.jobs_at_once]]


def test_old_jobs_are_put_away_with_their_files(house: House, transfer: TransferCard) -> None:
    """After a week neither the line nor the file is there."""
    job = files_out.start(house, transfer.id, "safetensors")
    folder = jobs.path_of(house, job.id)
    with house.database.write() as tx:
        tx.execute(table.jobs.update().values(ended=house.clock() - housekeeping.KEPT * 2))
    housekeeping.tidy(house)
    assert not folder.exists()
    with pytest.raises(NotFoundError, match="job_not_found"):
        jobs.get(house, job.id)


def test_only_files_of_the_job_are_handed_over(house: House, transfer: TransferCard) -> None:
    """A name that the job did not make is not looked for."""
    job = files_out.start(house, transfer.id, "safetensors")
    for name in ("../../keygraft.db", "other", ".."):
        with pytest.raises(NotFoundError, match="job_file_gone"):
            jobs.path_of(house, job.id, name)


def test_a_full_disk_is_said_before_it_starts(house: House, transfer: TransferCard, monkeypatch: pytest.MonkeyPatch) -> None:
    """No job is made, no byte is written."""
    from app.exporting.writing import NoSpaceError

    monkeypatch.setattr("shutil.disk_usage", lambda _path: type("Usage", (), {"free": 10})())
    with pytest.raises(NoSpaceError, match="disk_full"):
        files_out.start(house, transfer.id, "safetensors")
    assert jobs.listed(house, transfer=transfer.id) == []
