"""The collector of a server sweeps while nobody waits."""

import gc
import weakref

import pytest

from app.services import sweeping
from app.services.sweeping import AT_LAST, QUIET, WHOLE, WORTH, Sweeper


@pytest.fixture(autouse=True)
def as_before():
    """Nothing is set aside when a test begins; afterwards everything is again, as in all tests."""
    gc.unfreeze()
    yield
    gc.freeze()


@pytest.mark.parametrize(
    ("looks", "quiet", "due"),
    [(WORTH, QUIET, True), (WORTH, QUIET - 1, False), (WORTH - 1, 60 * QUIET, False), (AT_LAST, 0.0, True), (AT_LAST - 1, 0.0, False)],
)
def test_it_waits_until_it_is_worth_it_and_nobody_asks(looks, quiet, due):
    """In the midst of gestures only when it cannot be put off for ever."""
    assert Sweeper(lambda: quiet).due(looks, quiet) is due


class Ring:
    """Garbage that only the collector finds."""

    def __init__(self):
        self.me = self


def test_a_sweep_takes_garbage_and_sets_the_rest_aside(monkeypatch):
    """A ring that nobody holds is gone; what lives is looked at no more, until the tenth time."""
    looks = [0]
    monkeypatch.setattr(sweeping, "_looks", lambda: looks[0])
    sweeper = Sweeper(lambda: QUIET)
    assert not sweeper.step()
    gone, kept = weakref.ref(Ring()), Ring()
    looks[0] += WORTH
    assert sweeper.step()
    assert gone() is None
    assert gc.get_freeze_count() > 0
    assert not sweeper.step(), "nothing was made since"
    held, kept = weakref.ref(kept), None
    for _ in range(WHOLE - 2):
        looks[0] += WORTH
        assert sweeper.step()
    assert held() is not None
    looks[0] += WORTH
    assert sweeper.step()
    assert held() is None


def test_a_server_looks_at_young_values_only_by_itself(monkeypatch):
    """The thresholds, and threads that take turns quickly; ending it leaves no thread behind."""
    said = {}
    monkeypatch.setattr(gc, "set_threshold", lambda *values: said.update(collector=values))
    monkeypatch.setattr(sweeping.sys, "setswitchinterval", lambda seconds: said.update(turn=seconds))
    end = sweeping.begin(lambda: 0.0)
    end()
    assert said == {"collector": (sweeping.YOUNG, sweeping.MIDDLE, sweeping.NEVER), "turn": sweeping.TURN}
