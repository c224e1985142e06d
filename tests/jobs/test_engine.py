"""The engine keeps which steps are done, whatever becomes of the process."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("engine_program.py")


@pytest.fixture
def diary(tmp_path: Path) -> Path:
    """What the steps write down."""
    return tmp_path / "diary.txt"


def ran(diary: Path, job: str, how: str) -> subprocess.CompletedProcess[str]:
    """One process that runs the job."""
    url = f"sqlite:///{diary.parent / 'engine.db'}"
    command = [sys.executable, "-W", "error", str(PROGRAM), url, job, how, str(diary)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_each_step_is_taken_once(diary: Path) -> None:
    """To start an attempt twice is to start it once."""
    done = ran(diary, "whole", "start")
    assert done.returncode == 0, done.stderr
    assert diary.read_text().split("\n")[:-1] == ["prepare whole", "part 0", "part 1", "part 2", "finish whole"]


def test_another_process_goes_on_after_the_last_step(diary: Path) -> None:
    """A process is killed in its second part: what it had done is not done again, the rest is."""
    assert ran(diary, "torn", "die").returncode == -9
    assert diary.read_text().split("\n")[:-1] == ["prepare torn", "part 0"]
    done = ran(diary, "torn", "resume")
    assert done.returncode == 0, done.stderr
    assert diary.read_text().split("\n")[:-1] == ["prepare torn", "part 0", "part 1", "part 2", "finish torn"]


def test_another_process_goes_on_where_one_left(diary: Path) -> None:
    """A process is told to stop in its second part, and takes its queue with it."""
    left = ran(diary, "left", "leave")
    assert left.returncode == 0, left.stderr
    done = ran(diary, "left", "resume")
    assert done.returncode == 0, done.stderr
    assert diary.read_text().split("\n")[:-1] == ["prepare left", "part 0", "part 1", "part 2", "finish left"]


def test_a_job_that_was_taken_but_never_begun_is_begun(diary: Path) -> None:
    """Its process died between the table and the engine."""
    assert ran(diary, "early", "resume").returncode == 0
    assert diary.read_text().startswith("prepare early\npart 0\n")


@pytest.mark.parametrize(("job", "last"), [("refused", "prepare refused"), ("stopped", "part 1")])
def test_a_step_that_ends_the_job_is_the_last(diary: Path, job: str, last: str) -> None:
    """Nothing is done after it."""
    assert ran(diary, job, "start").returncode == 0
    assert diary.read_text().split("\n")[-2] == last


def test_it_keeps_no_pickles(diary: Path) -> None:
    """What stands in the engine's tables is JSON: who may write there cannot run code here."""
    import sqlite3

    ran(diary, "whole", "start")
    with sqlite3.connect(diary.parent / "engine.db") as database:
        kept = [
            row[0]
            for table, column in (("workflow_input", "inputs"), ("operation_outputs", "output"))
            for row in database.execute(f"SELECT {column} FROM {table}")  # noqa: S608  # both are written here
        ]
    assert kept
    assert all(text is None or text.lstrip()[:1] in '{["0123456789tfn-' for text in kept)
