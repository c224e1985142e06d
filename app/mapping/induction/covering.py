"""Choosing few rules that cover all pairs: greedily, from the last rule of the plan to the first.

A rule in front overrules those behind it. So the first choice, the most general, stands last; a later choice may be wrong only about keys that
nothing has decided yet, which choices in front of it then decide.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from app.mapping.induction.candidates import Candidate
from app.mapping.induction.trials import Effect, Trials
from app.mapping.plan import Bind
from app.mapping.text import statement

_ENOUGH = 1e-9


class Cover:
    """The state of one choice of rules.

    free    -- keys that are filled by their equal name as long as no bind's pattern takes them
    family  -- key without a claim -> what it is folded under: the price of filling it wrongly is one `init` a family
    """

    def __init__(self, trials: Trials, weights: Mapping[str, float], free: frozenset[str], family: Callable[[str], str]) -> None:
        self.trials = trials
        self.weights = weights
        self.free = set(free)
        self.family = family
        self.decided: set[str] = set()
        self.reached: set[str] = set()
        self.chosen: list[tuple[Bind, Effect]] = []
        self._effects: dict[str, Effect] = {}

    def run(self, pool: Sequence[Candidate]) -> None:
        """Choose until nothing in the pool adds a key."""
        heap = [(-self._bound(candidate), candidate.vague, at) for at, candidate in enumerate(pool)]
        heapq.heapify(heap)
        while heap:
            bound, vague, at = heapq.heappop(heap)
            score, rule, effect = self._best(pool[at])
            if score <= _ENOUGH or rule is None or effect is None:
                continue
            if heap and (-score, vague) > heap[0][:2] and -score > bound + _ENOUGH:
                heapq.heappush(heap, (-score, vague, at))
                continue
            self._choose(rule, effect)

    def _bound(self, candidate: Candidate) -> float:
        return sum(self.weights[key] for key in candidate.keys if key not in self.decided and key not in self.free)

    def _best(self, candidate: Candidate) -> tuple[float, Bind | None, Effect | None]:
        if self._bound(candidate) <= _ENOUGH:
            return 0.0, None, None
        best: tuple[float, Bind | None, Effect | None] = (0.0, None, None)
        for held in (False, True):
            rule = candidate.tight if held else candidate.rule
            if rule is None:
                continue
            effect = self._effects.get(name := statement(rule))
            if effect is None:
                effect = self._effects[name] = self.trials.effect(rule)
            score = self._score(effect)
            if score > best[0] + _ENOUGH:
                best = (score, rule, effect)
            if not effect.wrong and not effect.fresh and not effect.touched:
                break
        return best

    def _score(self, effect: Effect) -> float:
        if effect.wrong & self.decided:
            return 0.0
        gain = sum(self.weights[key] for key in effect.right - self.decided - self.free)
        disturbed = (effect.wrong | effect.touched) & self.free
        loss = sum(self.weights[key] for key in disturbed)
        fresh = {self.family(key) for key in effect.fresh - self.reached}
        return gain - loss - len(fresh)

    def _choose(self, rule: Bind, effect: Effect) -> None:
        self.free -= effect.wrong | effect.touched | effect.right
        self.decided |= effect.right
        self.reached |= effect.fresh
        self.chosen.append((rule, effect))

    def add(self, rule: Bind, key: str) -> None:
        """Put a rule of one key in front."""
        self.decided.add(key)
        self.chosen.append((rule, Effect(frozenset({key}), frozenset(), frozenset(), frozenset())))


def weights_of(groups: Sequence[Sequence[str]]) -> dict[str, float]:
    """Give each group of keys the weight one."""
    return {key: 1 / len(group) for group in groups for key in group}


def arranged(chosen: Sequence[tuple[Bind, Effect]], place: Mapping[str, int]) -> list[Bind]:
    """Put rules into the order of the keys they fill, but each in front of those that would be wrong about its keys."""
    first = [min((place[key] for key in effect.right), default=len(place)) for _, effect in chosen]
    owner: dict[str, list[int]] = {}
    for at, (_, effect) in enumerate(chosen):
        for key in effect.right:
            owner.setdefault(key, []).append(at)
    after: list[set[int]] = [set() for _ in chosen]
    waits: Counter[int] = Counter()
    for at, (_, effect) in enumerate(chosen):
        # later choices stand in front
        for before in {other for key in effect.wrong for other in owner.get(key, ()) if other > at}:
            if at not in after[before]:
                after[before].add(at)
                waits[at] += 1
    heap = [(first[at], at) for at in range(len(chosen)) if not waits[at]]
    heapq.heapify(heap)
    out = []
    while heap:
        _, at = heapq.heappop(heap)
        out.append(chosen[at][0])
        for later in after[at]:
            waits[later] -= 1
            if not waits[later]:
                heapq.heappush(heap, (first[later], later))
    return out
