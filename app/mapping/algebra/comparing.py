"""The difference between two plans, rule by rule."""

from difflib import SequenceMatcher

import msgspec

from app.mapping.plan import Plan, Rule
from app.mapping.text import statement


class Change(msgspec.Struct, frozen=True):
    """One difference.

    kind   -- added, removed, moved, or carried: the same statement with another note, author, confidence or switch
    before -- index and rule of the first plan
    after  -- index and rule of the second plan
    """

    kind: str
    before: tuple[int, Rule] | None = None
    after: tuple[int, Rule] | None = None


class PlanDiff(msgspec.Struct, frozen=True):
    """All differences; `target` and `benign` say whether those parts differ too."""

    changes: tuple[Change, ...]
    target: bool = False
    benign: bool = False

    @property
    def empty(self) -> bool:
        """Whether the plans say the same."""
        return not self.changes and not self.target and not self.benign


def diff(first: Plan, second: Plan) -> PlanDiff:
    """Compare two plans."""
    left, right = [statement(rule) for rule in first.rules], [statement(rule) for rule in second.rules]
    kept: dict[int, int] = {}
    for block in SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks():
        kept.update({block.a + at: block.b + at for at in range(block.size)})
    free = {at for at in range(len(right)) if at not in kept.values()}
    changes: list[Change] = []
    for at, rule in enumerate(first.rules):
        to = kept.get(at)
        if to is not None:
            if first.rules[at] != second.rules[to]:
                changes.append(Change("carried", (at, rule), (to, second.rules[to])))
            continue
        moved = next((place for place in sorted(free) if right[place] == left[at]), None)
        if moved is None:
            changes.append(Change("removed", (at, rule)))
        else:
            free.discard(moved)
            changes.append(Change("moved", (at, rule), (moved, second.rules[moved])))
    changes += [Change("added", None, (at, second.rules[at])) for at in sorted(free)]
    return PlanDiff(tuple(changes), first.target != second.target, first.benign != second.benign)
