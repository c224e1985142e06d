"""What a plan does: the outcome of each key of all trees, with the rule that decided and why.

Order for a target key: init; binds in order, where a bind claims a target only if all its sources exist; renames; equal name, the last only if no
enabled bind's pattern took that target. Ignore comes last, on the source side.

Evaluation goes family by family. An evaluator remembers what came out for a family under the rules that take it, so that after an edit only the
families are looked at again that the edit reaches. What is remembered depends on nothing else, so the outcome is that of a fresh evaluation.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from threading import Lock

from app.keys import KeyTree
from app.mapping.assembled import Numbers, Sides, SourceKeys, Targets
from app.mapping.block import Block
from app.mapping.claiming import BoundRule
from app.mapping.coverage import coverage_of
from app.mapping.folds import FoldedFamily
from app.mapping.ground import Ground
from app.mapping.lately import Lately
from app.mapping.matching import Matcher, matcher
from app.mapping.outcomes import Evaluation
from app.mapping.plan import Bind, Ignore, Init, Plan, Rename
from app.mapping.selection import Matched, Selector
from app.mapping.text import statement

_GROUNDS = 3
_SELECTIONS = 2048

Taken = Mapping[int, Matched]
"""Place of a family -> its keys that a pattern takes."""


def evaluate(plan: Plan, sources: Mapping[str, KeyTree], target: KeyTree) -> Evaluation:
    """Apply a plan to trees; no tensor is touched.

    sources -- source name -> tree; "" names the only or unnamed one
    """
    return Evaluator(sources, target).evaluate(plan)


class Evaluator:
    """Evaluates plans on the same trees, one after the other; safe to use from several threads."""

    def __init__(self, sources: Mapping[str, KeyTree], target: KeyTree) -> None:
        self._sides = Sides(sources, target)
        self._folded = self._sides.target
        self._by_length: dict[int, list[int]] = {}
        for at, family in enumerate(self._folded.families):
            self._by_length.setdefault(len(family.segments), []).append(at)
        self._grounds: Lately[object, Ground] = Lately(_GROUNDS)
        self._taken: Lately[str, Taken] = Lately(_SELECTIONS)
        self._lock = Lock()

    @property
    def families(self) -> Sequence[FoldedFamily]:
        """The target's families, in their order."""
        return self._folded.families

    def evaluate(self, plan: Plan) -> Evaluation:
        """Apply a plan. Raises what is wrong with a rule."""
        with self._lock:
            rules = _Rules(plan)
            ground = self._ground(plan, rules)
            targets = self._targets(ground, rules)
            sources = {name: self._source(name, ground, targets, rules) for name in self._sides.sources}
        return Evaluation(targets, sources, coverage_of(block.totals for block in targets.blocks))

    def _ground(self, plan: Plan, rules: "_Rules") -> Ground:
        renames = [rule for _, _, rule in rules.renames]
        name = tuple(said for _, said, _ in rules.renames), plan.benign
        return self._grounds.get_or_make(name, lambda: Ground(renames, plan.benign, self._sides))

    def _targets(self, ground: Ground, rules: "_Rules") -> Targets:
        inits: dict[int, list[tuple[int, str, Matched]]] = {}
        binds: dict[int, list[tuple[int, str, BoundRule, Matched]]] = {}
        for index, said, init in rules.inits:
            for at, matched in self._selected(said, matcher(init.pattern, self._folded.tree.separator)).items():
                inits.setdefault(at, []).append((index, said, matched))
        for index, said, bind in rules.binds:
            bound = ground.bound(said, bind)
            for at, matched in self._selected(said, bound.matcher).items():
                binds.setdefault(at, []).append((index, said, bound, matched))
        renames = [index for index, _, _ in rules.renames]
        blocks: list[Block] = []
        numbers: list[Numbers] = []
        for at, family in enumerate(self._folded.families):
            first, then = inits.get(at, ()), binds.get(at, ())
            names = tuple(each[1] for each in first), tuple(each[1] for each in then)
            blocks.append(ground.block(at, family, names, [each[2] for each in first], [(each[2], each[3]) for each in then]))
            numbers.append((*(each[0] for each in first), *(each[0] for each in then), *renames))
        return Targets(self._folded, self._tied(blocks), numbers)

    def _selected(self, said: str, wanted: Matcher) -> Taken:
        """Families that a rule's pattern takes keys of."""
        return self._taken.get_or_make(said, lambda: self._select(wanted))

    def _select(self, wanted: Matcher) -> Taken:
        selector, families = Selector(wanted), self._folded.families
        if selector.constant is not None:
            at = self._folded.of.get(selector.constant)
            return {} if at is None else {at: Matched([selector.constant], [()], {})}
        places: Sequence[int] = range(len(families)) if selector.count is None else self._by_length.get(selector.count, ())
        found = ((at, selector.select(families[at])) for at in places)
        return {at: matched for at, matched in found if matched is not None}

    def _tied(self, blocks: list[Block]) -> list[Block]:
        """Mark missing keys that share their memory with one that is filled: they get their value through that one."""
        of = self._folded.of
        pairs: dict[int, list[tuple[str, str]]] = {}
        for key, alias in self._folded.aliased:
            at = of[key]
            if blocks[at].outcomes[key].state == "missing" and blocks[of[alias]].outcomes[alias].state in {"loaded", "initialised"}:
                pairs.setdefault(at, []).append((key, alias))
        return [block.tied(tuple(pairs[at])) if at in pairs else block for at, block in enumerate(blocks)] if pairs else blocks

    def _source(self, name: str, ground: Ground, targets: Targets, rules: "_Rules") -> SourceKeys:
        mine = [(index, said, rule) for index, said, rule in rules.ignores if rule.source is None or rule.source == name]
        return SourceKeys(name, self._sides.sources[name], targets, partial(self._ignored, ground, name, mine))

    def _ignored(self, ground: Ground, name: str, rules: "list[tuple[int, str, Ignore]]") -> Mapping[str, int]:
        if not rules:
            return {}
        with self._lock:
            found = ground.ignored(name, tuple(said for _, said, _ in rules), [(number, rule) for number, (_, _, rule) in enumerate(rules)])
        return {key: rules[number][0] for key, number in found.items()}


class _Rules:
    """The rules of a plan that are switched on, by kind: index, statement, rule."""

    def __init__(self, plan: Plan) -> None:
        self.renames: list[tuple[int, str, Rename]] = []
        self.inits: list[tuple[int, str, Init]] = []
        self.binds: list[tuple[int, str, Bind]] = []
        self.ignores: list[tuple[int, str, Ignore]] = []
        for index, rule in enumerate(plan.rules):
            if not rule.enabled:
                continue
            said = statement(rule)
            match rule:
                case Rename():
                    self.renames.append((index, said, rule))
                case Init():
                    self.inits.append((index, said, rule))
                case Bind():
                    self.binds.append((index, said, rule))
                case Ignore():
                    self.ignores.append((index, said, rule))
