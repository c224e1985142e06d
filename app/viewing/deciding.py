"""Which rule decides a key: the table is made when it is first asked for."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np

from app.mapping.assembled import SourceKeys, Targets
from app.viewing.nodes import Numbers, Outline
from app.viewing.placing import places_of

NO_RULE = -1


class Deciding(Mapping[str, int]):
    """Key -> index of the rule that decides it, without those that none does."""

    def __init__(self, outcomes: Targets | SourceKeys) -> None:
        self._outcomes = outcomes
        self._known: tuple[Outline, Numbers] | None = None

    @cached_property
    def get(self) -> Any:  # as fast as the dictionary's own: a filter asks it for every key
        """Index of a key's rule, or something else."""
        return self._outcomes.rules.get

    def __getitem__(self, key: str) -> int:
        """Index of a key's rule."""
        return self._outcomes.rules[key]

    def __iter__(self) -> Iterator[str]:
        """Keys that a rule decides."""
        return iter(self._outcomes.rules)

    def __len__(self) -> int:
        """Number of keys that a rule decides."""
        return len(self._outcomes.rules)

    def values(self) -> Any:
        """Rules, from the dictionary."""
        return self._outcomes.rules.values()

    def column(self, outline: Outline) -> Numbers:
        """Of each key in an outline's order the index of its rule, or NO_RULE; families that one rule decides are not looked at key by key."""
        if self._known is None or self._known[0] is not outline:
            outcomes = self._outcomes
            self._known = outline, _of_families(outcomes, outline) if isinstance(outcomes, Targets) else _of_table(outcomes.rules, outline)
        return self._known[1]


def rules_of(rules: Mapping[str, int], outline: Outline) -> Numbers:
    """Of each key in an outline's order the index of the rule that decides it, or NO_RULE."""
    return rules.column(outline) if isinstance(rules, Deciding) else _of_table(rules, outline)


def _of_table(rules: Mapping[str, int], outline: Outline) -> Numbers:
    found = np.full(len(outline.order), NO_RULE, np.int32)
    found[outline.places(rules)] = list(rules.values())
    return found


def _of_families(targets: Targets, outline: Outline) -> Numbers:
    found = np.full(len(outline.order), NO_RULE, np.int32)
    families = zip(targets.blocks, targets.numbers, places_of(targets.folded, outline), strict=True)
    for block, numbers, places in families:
        if block.even is not None:
            found[places] = NO_RULE if block.even.like.rule is None else numbers[block.even.like.rule]
        elif block.decided:
            rules = [block.outcomes[key].rule for key in block.keys]
            found[places] = [NO_RULE if rule is None else numbers[rule] for rule in rules]
    return found
