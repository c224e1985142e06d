"""Limited jobs: an answer, or the one reason why there is none."""

import pytest

from app.sandbox.limited import LimitedWorker

HERE = "tests.sandbox.limited_jobs"


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch, root):
    """A worker for a job of these tests; its folder of modules is the checkout."""
    made: list[LimitedWorker] = []

    def make(name: str) -> LimitedWorker:
        made.append(LimitedWorker(f"{HERE}:{name}"))
        return made[-1]

    yield make
    for each in made:
        each.close()


def _run(worker: LimitedWorker, request: bytes = b"", **limits):
    return worker.run(request, **({"seconds": 2.0, "memory": 64 << 20, "wall": 5.0} | limits))


def test_an_answer_comes_back_whole(worker) -> None:
    """Megabytes in, megabytes out, again and again from one warm server."""
    echo = worker("echo")
    for size in (0, 1, 3 << 20):
        assert _run(echo, b"x" * size).answer == b"x" * size


@pytest.mark.parametrize(
    ("job", "reason"), [("spin", "seconds"), ("hoard", "memory"), ("sleep", "wall"), ("die", "crashed"), ("fail", "crashed")]
)
def test_every_end_has_its_reason(worker, job: str, reason: str) -> None:
    """Time, memory, waiting, a broken process, a broken function."""
    outcome = _run(worker(job), seconds=1.0, wall=2.5 if reason == "wall" else 60.0)
    assert (outcome.answer, outcome.reason) == (None, reason)


def test_a_job_can_be_cancelled(worker) -> None:
    """Without waiting for its end."""
    assert _run(worker("sleep"), wall=60.0, cancelled=lambda: True).reason == "cancelled"


def test_no_secret_of_this_process_is_seen(worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment is what a Python needs and no more; nothing can be written."""
    monkeypatch.setenv("KEYGRAFT_TOKEN", "secret")
    assert b"secret" not in (_run(worker("environment")).answer or b"secret")
    assert _run(worker("write")).answer == b"OSError"


def test_one_server_serves_many_at_once(worker) -> None:
    """Jobs of several threads do not wait for each other."""
    from concurrent.futures import ThreadPoolExecutor

    echo = worker("echo")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: _run(echo, b"%d" % number).answer, range(40)))
    assert answers == [b"%d" % number for number in range(40)]


def test_a_dead_server_is_started_again(worker) -> None:
    """One lost process costs one start."""
    echo = worker("echo")
    assert _run(echo, b"a").answer == b"a"
    echo.close()
    assert _run(echo, b"b").answer == b"b"
