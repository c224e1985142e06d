"""The coverage meter: how much of the target is loaded, and what the rest is."""

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from app.viewing.marks import SourceStates, TargetStates
from app.viewing.sizes import percent

PARTS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("loaded", "graft", ("loaded",)),
    ("needs", "ask", ("proposed", "missing")),
    ("shape", "bad", ("mismatched", "conflicting")),
    ("fresh", "rest", ("initialised", "benign")),
)
"""Parts of the bar: name, tone, states of target keys."""


class MeterPart(msgspec.Struct, frozen=True):
    """One stretch of the bar and its entry in the legend; `width` in thousandths of the bar."""

    name: str
    tone: str
    states: tuple[str, ...]
    keys: int
    parameters: int
    width: int


STEPS = (0.0, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99)
"""Confidences that proposals can be taken from."""


class Step(msgspec.Struct, frozen=True):
    """How many waiting proposals have at least a confidence."""

    least: float
    keys: int


class Meter(msgspec.Struct, frozen=True):
    """Coverage of a transfer.

    percent    -- of parameters, as text
    left       -- source keys left behind on purpose; unused -- those that nothing takes
    proposed   -- keys with a waiting proposal; certain -- those that need no person; following -- those of them that follow
                  from what a person decided
    passes     -- `load_state_dict(strict=True)` on what the loader builds will pass
    fresh      -- keys that keep the model's own values: the loader hands them over, a remapped file alone lacks them
    """

    percent: str
    loaded: int
    total: int
    parts: tuple[MeterPart, ...]
    left: int
    unused: int
    proposed: int
    certain: int
    following: int
    needs: int
    passes: bool
    fresh: int
    steps: tuple[Step, ...] = ()


def meter(
    states: TargetStates,
    sources: Iterable[SourceStates],
    *,
    certain: int,
    following: int = 0,
    clean: bool,
    confidences: Mapping[float, int] | None = None,
) -> Meter:
    """Add up the states of all keys."""
    found = states.totals()
    keys = {state: total[0] for state, total in found.items()}
    parameters = {state: total[1] for state, total in found.items()}
    whole = sum(parameters.values())
    parts = []
    for name, tone, of in PARTS:
        own = sum(parameters.get(state, 0) for state in of)
        number = sum(keys.get(state, 0) for state in of)
        width = round(1000 * own / whole) if whole else 0
        parts.append(MeterPart(name, tone, of, number, own, max(width, 4 if number else 0)))
    left: Counter[str] = Counter()
    for side in sources:
        left.update(side.totals)
    return Meter(
        percent=percent(parameters.get("loaded", 0), whole),
        loaded=keys.get("loaded", 0),
        total=len(states),
        parts=tuple(parts),
        left=left["ignored"],
        unused=left["unexpected"] + left["proposed"],
        proposed=keys.get("proposed", 0),
        certain=certain,
        following=following,
        needs=sum(keys.get(state, 0) for state in ("proposed", "missing", "mismatched", "conflicting")),
        passes=clean,
        fresh=keys.get("initialised", 0),
        steps=_steps(confidences or {}),
    )


def _steps(confidences: Mapping[float, int]) -> tuple[Step, ...]:
    """The steps at which the number of proposals changes; `confidences` says how many have each."""
    steps = [Step(least, sum(keys for confidence, keys in confidences.items() if confidence >= least)) for least in STEPS]
    return tuple(step for place, step in enumerate(steps) if step.keys and (place == 0 or step.keys != steps[place - 1].keys))
