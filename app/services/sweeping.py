"""The garbage collector of a server: it goes over everything that lives while nobody waits, not in the middle of a gesture.

Trees of 92k keys are half a million values that stay for hours. Python's collector looks through all of them whenever a quarter as many have been
made, which takes 0.1 to 0.4 s; nearly all garbage goes without it. So by itself it looks at young values only. What outlives a sweep is set aside,
and only every tenth sweep looks at that again.
"""

import gc
import sys
import threading
from collections.abc import Callable

YOUNG, MIDDLE, NEVER = 5_000, 10, 1_000_000
"""Thresholds of the collector: a look at young values takes about a millisecond, at those of middle age five."""
QUIET = 3.0
"""Seconds without a request after which nobody is taken to wait."""
WORTH = 4
"""Looks at values of middle age after which a sweep is worth it: some 200,000 values were made and kept."""
AT_LAST = 60
"""The same where the server is never quiet."""
WHOLE = 10
"""Each so many sweeps all is looked at."""
TURN = 0.001
"""Seconds after which a thread lets another one go on: an answer passes between threads several times, and waits so long each time beside work."""


class Sweeper:
    """Sweeps when it is due; `quiet` says for how many seconds there was no request."""

    def __init__(self, quiet: Callable[[], float]) -> None:
        self._quiet = quiet
        self._since = 0
        self._sweeps = 0

    def due(self, looks: int, quiet: float) -> bool:
        """Whether to sweep now, after so many looks at values of middle age since the start."""
        made = looks - self._since
        return made >= AT_LAST or (made >= WORTH and quiet >= QUIET)

    def step(self) -> bool:
        """Sweep if it is due; whether it was."""
        if not self.due(_looks(), self._quiet()):
            return False
        self._sweeps += 1
        if self._sweeps % WHOLE == 0:
            gc.unfreeze()
        gc.collect()
        gc.freeze()
        self._since = _looks()
        return True


def _looks() -> int:
    return int(gc.get_stats()[1]["collections"])


def begin(quiet: Callable[[], float]) -> Callable[[], object]:
    """Take the collector over, for as long as the process serves; what is returned ends it."""
    gc.set_threshold(YOUNG, MIDDLE, NEVER)
    sys.setswitchinterval(TURN)
    sweeper, ended = Sweeper(quiet), threading.Event()

    def run() -> None:
        while not ended.wait(1.0):
            sweeper.step()

    threading.Thread(target=run, name="sweeper", daemon=True).start()
    return ended.set
