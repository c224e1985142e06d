"""What a rule would do to the keys whose claims are known."""

from collections.abc import Mapping

import msgspec

from app.keys import KeyTree
from app.mapping.claiming import BoundRule
from app.mapping.folds import fold
from app.mapping.outcomes import Recipe, TargetOutcome
from app.mapping.plan import Bind
from app.mapping.selection import Chosen
from app.mapping.working import WorkingSource


class Effect(msgspec.Struct, frozen=True):
    """Target keys by what a rule does to them.

    right   -- it fills them as claimed
    wrong   -- it fills them otherwise
    fresh   -- it fills them though nothing is claimed
    touched -- its pattern takes them, but their sources do not exist
    """

    right: frozenset[str]
    wrong: frozenset[str]
    fresh: frozenset[str]
    touched: frozenset[str]


class Trials:
    """The ground on which rules are tried."""

    def __init__(self, sources: Mapping[str, WorkingSource], target: KeyTree, expected: Mapping[str, Recipe]) -> None:
        self.sources = sources
        self.target = target
        self.expected = expected
        self.families = fold(target.tensors, target.separator)

    def effect(self, rule: Bind) -> Effect:
        """Try a rule on every key."""
        bound = BoundRule(0, rule, self.sources, self.target)
        chosen = Chosen([(0, bound.matcher)])
        right: set[str] = set()
        wrong: set[str] = set()
        fresh: set[str] = set()
        touched: set[str] = set()
        for family in self.families:
            for _, matched in chosen.of(family):
                found: dict[str, TargetOutcome] = {}
                bound.fill(matched, found, {})
                touched.update(key for key in matched.keys if key not in found)
                for key, outcome in found.items():
                    wanted = self.expected.get(key)
                    if wanted is None:
                        fresh.add(key)
                    elif outcome.recipe == wanted:
                        right.add(key)
                    else:
                        wrong.add(key)
        return Effect(frozenset(right), frozenset(wrong), frozenset(fresh), frozenset(touched))
