"""The coverage meter: how much of the target is loaded, and what the rest is."""

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from app.keys import KeyTree
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


class Meter(msgspec.Struct, frozen=True):
    """Coverage of a transfer.

    percent    -- of parameters, as text
    left       -- source keys left behind on purpose; unused -- those that nothing takes
    proposed   -- keys with a waiting proposal; certain -- those that need no person
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
    needs: int
    passes: bool
    fresh: int


def meter(target: KeyTree, states: Mapping[str, str], sources: Iterable[Mapping[str, str]], *, certain: int, clean: bool) -> Meter:
    """Add up the states of all target keys."""
    keys: dict[str, int] = {}
    parameters: dict[str, int] = {}
    for key, state in states.items():
        keys[state] = keys.get(state, 0) + 1
        info = target.tensors.get(key)
        parameters[state] = parameters.get(state, 0) + (info.numel if info else 0)
    whole = sum(parameters.values())
    parts = []
    for name, tone, of in PARTS:
        own = sum(parameters.get(state, 0) for state in of)
        number = sum(keys.get(state, 0) for state in of)
        width = round(1000 * own / whole) if whole else 0
        parts.append(MeterPart(name, tone, of, number, own, max(width, 4 if number else 0)))
    left = Counter(state for side in sources for state in side.values())
    return Meter(
        percent=percent(parameters.get("loaded", 0), whole),
        loaded=keys.get("loaded", 0),
        total=len(states),
        parts=tuple(parts),
        left=left["ignored"],
        unused=left["unexpected"] + left["proposed"],
        proposed=keys.get("proposed", 0),
        certain=certain,
        needs=sum(keys.get(state, 0) for state in ("proposed", "missing", "mismatched", "conflicting")),
        passes=clean,
        fresh=keys.get("initialised", 0),
    )
