"""Blocks put together: the outcomes of all keys of a target or a source, as mappings in the trees' order.

A look-up of one key and what is added up over blocks cost next to nothing; who runs over all keys pays for all of them, once.
"""

from collections import Counter
from collections.abc import Callable, Collection, ItemsView, Iterable, Iterator, Mapping, Sequence, ValuesView
from functools import cached_property

from app.keys import KeyTree
from app.mapping.block import Block, Use, renumbered
from app.mapping.folds import FoldedFamily, fold_tree
from app.mapping.likes import Likes, likes
from app.mapping.outcomes import SourceOutcome, TargetOutcome

_UNEXPECTED = SourceOutcome("unexpected")

Numbers = tuple[int, ...]


class TargetFamilies:
    """A target tree in families, and where each key is."""

    def __init__(self, tree: KeyTree) -> None:
        self.tree = tree
        self.families: list[FoldedFamily] = fold_tree(tree)
        self.of = {key: at for at, family in enumerate(self.families) for key in family.keys}
        self.aliased = [(key, info.alias) for key, info in tree.tensors.items() if info.alias is not None]

    @cached_property
    def likes(self) -> Likes:
        """The kinds of its tensors."""
        return likes(self.tree)

    @cached_property
    def place(self) -> dict[str, int]:
        """Place of each key in the tree."""
        return {key: at for at, key in enumerate(self.tree.tensors)}


class Sides:
    """The trees of both sides, and what is worked out of them once."""

    def __init__(self, sources: Mapping[str, KeyTree], target: KeyTree) -> None:
        self.sources = dict(sources)
        self.target = TargetFamilies(target)

    @cached_property
    def likes(self) -> dict[str, Likes]:
        """The kinds of tensors of each source."""
        return {name: likes(tree) for name, tree in self.sources.items()}


class Targets(Mapping[str, TargetOutcome]):
    """Target key -> outcome, in the tree's order.

    blocks  -- of each family
    numbers -- for each family, the rules of the plan that its block's numbers mean
    """

    def __init__(self, folded: TargetFamilies, blocks: Sequence[Block], numbers: Sequence[Numbers]) -> None:
        self.folded = folded
        self.blocks = blocks
        self.numbers = numbers

    def __getitem__(self, key: str) -> TargetOutcome:
        """Outcome of one key."""
        at = self.folded.of[key]
        return renumbered(self.blocks[at].outcomes[key], self.numbers[at])

    def __contains__(self, key: object) -> bool:
        """Whether the target has a key."""
        return key in self.folded.of

    def __iter__(self) -> Iterator[str]:
        """Keys in the tree's order."""
        return iter(self.folded.tree.tensors)

    def __len__(self) -> int:
        """Number of keys."""
        return len(self.folded.of)

    def items(self) -> ItemsView[str, TargetOutcome]:
        """Keys and outcomes, from one dictionary."""
        return self._whole.items()

    def values(self) -> ValuesView[TargetOutcome]:
        """Outcomes, from one dictionary."""
        return self._whole.values()

    @cached_property
    def _whole(self) -> dict[str, TargetOutcome]:
        found: dict[str, TargetOutcome] = {}
        for block, numbers in zip(self.blocks, self.numbers, strict=True):
            found.update(block.numbered(numbers))
        return {key: found[key] for key in self.folded.tree.tensors}

    @cached_property
    def rules(self) -> dict[str, int]:
        """Key -> index of the rule that decides it, without those that none does."""
        found: dict[str, int] = {}
        for block, numbers in zip(self.blocks, self.numbers, strict=True):
            rule = block.even.like.rule if block.even is not None else None
            if rule is not None:
                found.update(dict.fromkeys(block.keys, numbers[rule]))
            elif block.decided:
                found.update({key: numbers[each.rule] for key, each in block.outcomes.items() if each.rule is not None})
        return found

    @property
    def partnered(self) -> bool:
        """Whether anything reaches a key."""
        return any(block.partnered for block in self.blocks)

    def decided(self) -> dict[tuple[int, str], int]:
        """Index of a rule and a state -> keys that it leaves in that state."""
        found: dict[tuple[int, str], int] = {}
        for block, numbers in zip(self.blocks, self.numbers, strict=True):
            for (rule, state), count in block.decided.items():
                place = numbers[rule], state
                found[place] = found.get(place, 0) + count
        return found

    def of_rule(self, index: int) -> list[str]:
        """Keys that a rule of the plan decides, family by family."""
        found: list[str] = []
        for block, numbers in zip(self.blocks, self.numbers, strict=True):
            if index in numbers:
                wanted = numbers.index(index)
                if any(rule == wanted for rule, _ in block.decided):
                    even = block.even is not None
                    found += block.keys if even else [key for key, outcome in block.outcomes.items() if outcome.rule == wanted]
        return found

    def by_rule(self, keys: Iterable[str]) -> dict[int | None, list[str]]:
        """Some keys by the rule of the plan that decides them, family by family; None: no rule does."""
        of, families = self.folded.of, dict[int, list[str]]()
        for key in keys:
            families.setdefault(of[key], []).append(key)
        found: dict[int | None, list[str]] = {}
        for at, some in families.items():
            block, numbers = self.blocks[at], self.numbers[at]
            if block.even is not None:
                rule = block.even.like.rule
                found.setdefault(None if rule is None else numbers[rule], []).extend(some)
                continue
            for key in some:
                rule = block.outcomes[key].rule
                found.setdefault(None if rule is None else numbers[rule], []).append(key)
        return found

    def all_in(self, keys: Collection[str], state: str) -> bool:
        """Whether all of some keys are in one state."""
        for at in set(map(self.folded.of.__getitem__, keys)):
            block = self.blocks[at]
            wanted = block.states.get((state, False), 0)
            if wanted < len(block.keys) and not all(block.outcomes[key].state == state for key in block.keys if key in keys):
                return False
        return True

    def changed(self, before: "Targets") -> Iterator[str]:
        """Keys of the same target whose state or recipe was another one."""
        for old, new in zip(before.blocks, self.blocks, strict=True):
            yield from new.changed(old)

    def moves(self, before: "Targets") -> dict[tuple[str, str], int]:
        """State before and now -> number of keys, among those of families whose outcomes are not the same."""
        found: Counter[tuple[str, str]] = Counter()
        for old, new in zip(before.blocks, self.blocks, strict=True):
            if old is new:
                continue
            if old.even is not None and new.even is not None:
                found[old.even.like.state, new.even.like.state] += len(new.keys)
            else:
                found.update((old.outcomes[key].state, now.state) for key, now in new.outcomes.items())
        return found


class SourceKeys(Mapping[str, SourceOutcome]):
    """Source key -> outcome, in the tree's order."""

    def __init__(self, name: str, tree: KeyTree, targets: Targets, ignored: Callable[[], Mapping[str, int]]) -> None:
        self.tree = tree
        self._name = name
        self._targets = targets
        self._ignored = ignored

    def __getitem__(self, key: str) -> SourceOutcome:
        """Outcome of one key."""
        found = [
            (numbers, uses[key])
            for block, numbers in zip(self._targets.blocks, self._targets.numbers, strict=True)
            if key in (uses := block.uses.get(self._name, {}))
        ]
        if found:
            return self._used(found)
        if key not in self.tree.tensors:
            raise KeyError(key)
        rule = self.ignored.get(key)
        return _UNEXPECTED if rule is None else SourceOutcome("ignored", rule)

    def __contains__(self, key: object) -> bool:
        """Whether the source has a key."""
        return key in self.tree.tensors

    def __iter__(self) -> Iterator[str]:
        """Keys in the tree's order."""
        return iter(self.tree.tensors)

    def __len__(self) -> int:
        """Number of keys."""
        return len(self.tree.tensors)

    def items(self) -> ItemsView[str, SourceOutcome]:
        """Keys and outcomes, from one dictionary."""
        return self._whole.items()

    def values(self) -> ValuesView[SourceOutcome]:
        """Outcomes, from one dictionary."""
        return self._whole.values()

    @cached_property
    def rules(self) -> dict[str, int]:
        """Key -> index of the rule that uses it or leaves it behind, without those that none does."""
        found = dict(self.ignored)
        seen: set[str] = set()
        several: set[str] = set()
        for block, numbers in zip(self._targets.blocks, self._targets.numbers, strict=True):
            table = block.uses.get(self._name)
            if not table:
                continue
            several |= seen & table.keys()
            seen |= table.keys()
            if block.even is not None and block.even.like.rule is not None:
                found.update(dict.fromkeys(table, numbers[block.even.like.rule]))
            else:
                found.update({key: numbers[rule] for key, (rule, _) in table.items() if rule is not None})
        for key in (key for key in several | (seen & self.ignored.keys()) if key in found):
            rule = self[key].rule
            if rule is None:
                del found[key]
            else:
                found[key] = rule
        return found

    @cached_property
    def used(self) -> frozenset[str]:
        """Keys that a target takes."""
        return frozenset().union(*(block.takes(self._name) for block in self._targets.blocks))

    @property
    def taken(self) -> int:
        """How many keys the families take, each for itself: one that two of them take counts twice."""
        return sum(len(block.takes(self._name)) for block in self._targets.blocks)

    @cached_property
    def ignored(self) -> Mapping[str, int]:
        """Keys that a rule leaves behind -> its index; a target may take them all the same."""
        whole = len(self.tree.tensors)
        return self._ignored() if self.taken < whole or len(self.used) < whole else {}

    @cached_property
    def _whole(self) -> dict[str, SourceOutcome]:
        taken: dict[str, list[tuple[Numbers, Use]]] = {}
        for block, numbers in zip(self._targets.blocks, self._targets.numbers, strict=True):
            for key, use in block.uses.get(self._name, {}).items():
                taken.setdefault(key, []).append((numbers, use))
        known = {key: SourceOutcome("ignored", rule) for key, rule in self.ignored.items()}
        known |= {key: self._used(found) for key, found in taken.items()}
        return {key: known.get(key, _UNEXPECTED) for key in self.tree.tensors}

    def _used(self, found: list[tuple[Numbers, Use]]) -> SourceOutcome:
        """Bring the uses of one key together: its first target in the tree's order says which rule it was."""
        if len(found) > 1:
            place = self._targets.folded.place
            found = sorted(found, key=lambda each: place[each[1][1][0]])
            targets = tuple(sorted((key for _, (_, keys) in found for key in keys), key=place.__getitem__))
        else:
            targets = found[0][1][1]
        numbers, (rule, _) = found[0]
        return SourceOutcome("used", None if rule is None else numbers[rule], targets)
