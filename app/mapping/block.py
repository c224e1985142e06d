"""The outcomes of one family of target keys, kept for as long as the rules that take it stay the same.

Rules have numbers of their own here: the inits that take a key of the family, then the binds, then the renames of the plan, each in order. So a
rule that is put in front of the others changes no block that it does not take; `Targets` knows which rule of the plan each number means.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from functools import cached_property
from itertools import repeat
from typing import NamedTuple

from app.mapping.coverage import Totals, totals_of
from app.mapping.likes import Likes
from app.mapping.outcomes import Leaf, Reason, Recipe, TargetOutcome

Use = tuple[int | None, tuple[str, ...]]
"""Number of the rule that uses a source key first, and the target keys that take it."""


class Even(NamedTuple):
    """What a block's keys have in common where nothing but the source key differs.

    like   -- the outcome of each, but for its recipe
    owners -- the source key that each takes, in the order of the keys; None where nothing reaches them
    source -- its source's name
    kind   -- number of the kind of tensor that all are; None where they may be several
    """

    like: TargetOutcome
    owners: Sequence[str] | None = None
    source: str = ""
    kind: int | None = None


class Block:
    """Outcomes of a family's keys, in its order, and what is added up over them when first asked for.

    even -- what they have in common: nearly every block of a large model is even, and then most questions are answered without a look at its keys
    """

    def __init__(self, outcomes: dict[str, TargetOutcome] | Sequence[str], likes: Likes, even: Even | None = None) -> None:
        self.keys: Sequence[str] = outcomes if even is not None else list(outcomes)  # type: ignore[assignment]  # a sequence where it is even
        self.even = even
        self.likes = likes
        self._numbered: tuple[Sequence[int], dict[str, TargetOutcome]] | None = None
        self._tied: dict[tuple[tuple[str, str], ...], Block] = {}
        if isinstance(outcomes, dict):
            self.outcomes = outcomes

    @cached_property
    def outcomes(self) -> dict[str, TargetOutcome]:
        """Key -> outcome."""
        even = self.even
        assert even is not None  # noqa: S101 - an uneven block is made with its outcomes
        if even.owners is None:
            return dict.fromkeys(self.keys, even.like)
        state, rule, reason, source = even.like.state, even.like.rule, even.like.reason, even.source
        return {key: TargetOutcome(state, rule, Leaf(owner, source), reason) for key, owner in zip(self.keys, even.owners, strict=True)}

    @cached_property
    def totals(self) -> Totals:
        """Keys, parameters and bytes in each state."""
        of, kinds = self.likes
        if self.even is not None:
            state, benign = self.even.like.state, self.even.like.benign
            if self.even.kind is not None:
                return totals_of([(kinds[self.even.kind], state, benign, len(self.keys))])
            return totals_of((kinds[kind], state, benign, count) for kind, count in Counter(map(of.__getitem__, self.keys)).items())
        counted = Counter([(of[key], outcome.state, outcome.benign) for key, outcome in self.outcomes.items()])
        return totals_of((kinds[kind], state, benign, count) for (kind, state, benign), count in counted.items())

    @cached_property
    def states(self) -> dict[tuple[str, bool], int]:
        """Keys in each state, benign ones apart."""
        if self.even is not None:
            return {(self.even.like.state, self.even.like.benign): len(self.keys)}
        return dict(Counter([(outcome.state, outcome.benign) for outcome in self.outcomes.values()]))

    @cached_property
    def decided(self) -> dict[tuple[int, str], int]:
        """Number of a rule and a state -> keys that it leaves in that state."""
        if self.even is not None:
            like = self.even.like
            return {} if like.rule is None else {(like.rule, like.state): len(self.keys)}
        return dict(Counter([(outcome.rule, outcome.state) for outcome in self.outcomes.values() if outcome.rule is not None]))

    @cached_property
    def partnered(self) -> bool:
        """Whether anything reaches a key."""
        if self.even is not None:
            return self.even.owners is not None
        return any(outcome.recipe is not None for outcome in self.outcomes.values())

    def takes(self, source: str) -> Collection[str]:
        """Keys of a source that something here takes."""
        even = self.even
        if even is not None:
            return even.owners if even.owners is not None and even.source == source else ()
        return self.uses.get(source, {}).keys()

    @cached_property
    def uses(self) -> dict[str, dict[str, Use]]:
        """Source name -> source key -> what takes it."""
        even = self.even
        if even is not None:
            if even.owners is None:
                return {}
            table = dict(zip(even.owners, zip(repeat(even.like.rule), zip(self.keys, strict=True), strict=False), strict=True))
            if len(table) == len(self.keys):
                return {even.source: table}  # type: ignore[dict-item]  # one key is a tuple of keys
        return self._uses()

    def _uses(self) -> dict[str, dict[str, Use]]:
        found: dict[str, dict[str, Use]] = {}
        for key, outcome in self.outcomes.items():
            recipe = outcome.recipe
            if recipe is None:
                continue
            for leaf in (recipe,) if type(recipe) is Leaf else dict.fromkeys(leaves(recipe)):
                table = found.get(leaf.source)
                if table is None:
                    table = found[leaf.source] = {}
                before = table.get(leaf.key)
                table[leaf.key] = (outcome.rule, (key,)) if before is None else (before[0], (*before[1], key))
        return found

    def numbered(self, numbers: Sequence[int]) -> dict[str, TargetOutcome]:
        """Outcomes with the plan's numbers of rules; the last ones that were asked for are kept."""
        known = self._numbered
        if known is not None and known[0] == numbers:
            return known[1]
        made = self.outcomes if all(at == number for at, number in enumerate(numbers)) else {}
        if made is not self.outcomes:
            for key, old in self.outcomes.items():
                made[key] = renumbered(old, numbers)
        self._numbered = numbers, made
        return made

    def changed(self, before: "Block") -> Sequence[str]:
        """Keys whose state or recipe was another one in an earlier block of the same family."""
        old, new = before.even, self.even
        if before is self:
            return ()
        if old is not None and new is not None:
            if old.like.state != new.like.state or (old.owners is None) != (new.owners is None) or old.source != new.source:
                return self.keys
            if old.owners is None or new.owners is None or old.owners == new.owners:
                return ()
        was = before.outcomes
        return [key for key, now in self.outcomes.items() if now.state != was[key].state or now.recipe != was[key].recipe]

    def tied(self, pairs: tuple[tuple[str, str], ...]) -> "Block":
        """The block with missing keys that get their value through another key: (key, that other key)."""
        known = self._tied.get(pairs)
        if known is None:
            changed = {
                key: TargetOutcome("missing", self.outcomes[key].rule, None, Reason("tied", {"key": alias}), benign=True)
                for key, alias in pairs
            }
            known = self._tied[pairs] = Block(self.outcomes | changed, self.likes)
        return known


def renumbered(outcome: TargetOutcome, numbers: Sequence[int]) -> TargetOutcome:
    """Give an outcome the plan's number of its rule."""
    rule = outcome.rule
    if rule is None or numbers[rule] == rule:
        return outcome
    return TargetOutcome(outcome.state, numbers[rule], outcome.recipe, outcome.reason, outcome.benign)


def leaves(recipe: Recipe) -> list[Leaf]:
    """Source keys of a recipe, from left to right."""
    if isinstance(recipe, Leaf):
        return [recipe]
    return [leaf for inner in recipe.inputs for leaf in leaves(inner)]
