"""Names of processes that run jobs."""

import subprocess
import sys

from app.jobs import gone, own_name


def test_a_process_that_lives_is_not_gone() -> None:
    """Its own name says so."""
    assert gone(own_name()) is False


def test_a_process_that_ended_is_gone() -> None:
    """Whoever takes its id next is somebody else: the moment it began is part of the name."""
    told = subprocess.run(
        [sys.executable, "-c", "from app.jobs import own_name; print(own_name())"], capture_output=True, text=True, check=True
    )
    assert gone(told.stdout.strip()) is True
    host, pid, began = own_name().rsplit(":", 2)
    assert gone(f"{host}:{pid}:{int(began) + 1}") is True


def test_of_another_machine_nothing_is_known() -> None:
    """Only its silence tells."""
    assert gone("another-machine:1:2") is None
    assert gone("") is None
