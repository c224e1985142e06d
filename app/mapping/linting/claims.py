"""Binds, inits and ignores that never win, conflicts, and binds whose order decides."""

from collections.abc import Iterator, Mapping

from app.keys import KeyTree
from app.mapping.claiming import BoundRule
from app.mapping.folds import fold
from app.mapping.linting.finding import SHOWN, Finding
from app.mapping.matching import matcher
from app.mapping.outcomes import Evaluation, Recipe, TargetOutcome
from app.mapping.plan import Bind, Ignore, Init, Plan
from app.mapping.selection import Chosen
from app.mapping.working import WorkingSource, enabled_renames


def lint_claims(plan: Plan, sources: Mapping[str, KeyTree], target: KeyTree, evaluation: Evaluation) -> Iterator[Finding]:
    """Look at what each rule takes against what it gets."""
    reach = _Reach(plan, sources, target)
    for index, rule in enumerate(plan.rules):
        if not rule.enabled:
            continue
        if isinstance(rule, Bind | Init):
            yield from _winning(index, rule, reach, evaluation)
        elif isinstance(rule, Ignore):
            yield from _ignoring(index, plan, sources, evaluation)
    yield from _conflicts(evaluation)
    yield from _order(reach, evaluation)


class _Reach:
    """What each bind and init would take if it stood alone."""

    def __init__(self, plan: Plan, sources: Mapping[str, KeyTree], target: KeyTree) -> None:
        working = {name: WorkingSource(name, tree, enabled_renames(plan)) for name, tree in sources.items()}
        families = fold(target.tensors, target.separator)
        self.taken: dict[int, list[str]] = {}
        self.claimed: dict[int, dict[str, TargetOutcome]] = {}
        self.lacks: dict[int, str] = {}
        for index, rule in enumerate(plan.rules):
            if not rule.enabled or not isinstance(rule, Bind | Init):
                continue
            bound = BoundRule(index, rule, working, target) if isinstance(rule, Bind) else None
            own = bound.matcher if bound is not None else matcher(_pattern(rule), target.separator)
            self.taken[index], self.claimed[index] = [], {}
            for family in families:
                for _, matched in Chosen([(index, own)]).of(family):
                    self.taken[index] += matched.keys
                    if bound is not None:
                        lacking: dict[str, tuple[int, str] | None] = {}
                        bound.fill(matched, self.claimed[index], lacking)
                        first = next((lack for lack in lacking.values() if lack is not None), None)
                        if first is not None:
                            self.lacks.setdefault(index, first[1])


def _pattern(rule: Bind | Init) -> str:
    return rule.pattern if isinstance(rule, Init) else rule.target


def _winning(index: int, rule: Bind | Init, reach: _Reach, evaluation: Evaluation) -> Iterator[Finding]:
    taken = reach.taken[index]
    if not taken:
        yield Finding("target_unknown", "warning", index, None, {"pattern": _pattern(rule)})
        return
    claims = list(reach.claimed[index]) if isinstance(rule, Bind) else taken
    if not claims:
        yield Finding("source_unknown", "warning", index, None, {"key": reach.lacks.get(index, "")}, tuple(taken[:SHOWN]))
        return
    if not any(evaluation.targets[key].rule == index for key in claims):
        by = evaluation.targets[claims[0]].rule
        yield Finding("shadowed", "warning", index, by, {"key": claims[0], "count": len(claims)}, tuple(claims[:SHOWN]))


def _ignoring(index: int, plan: Plan, sources: Mapping[str, KeyTree], evaluation: Evaluation) -> Iterator[Finding]:
    rule = plan.rules[index]
    outcomes = [outcome for states in evaluation.sources.values() for outcome in states.values()]
    if any(outcome.state == "ignored" and outcome.rule == index for outcome in outcomes) or not isinstance(rule, Ignore):
        return
    used = []
    for name, tree in sources.items():
        working = WorkingSource(name, tree, enabled_renames(plan))
        for family in working.folded_raw if rule.raw else working.folded:
            for _, matched in Chosen([(index, matcher(rule.pattern, tree.separator))]).of(family):
                used += matched.keys
    if used:
        yield Finding("ignore_used", "warning", index, None, {"key": used[0], "count": len(used)}, tuple(used[:SHOWN]))
    else:
        yield Finding("source_unknown", "warning", index, None, {"key": rule.pattern})


def _conflicts(evaluation: Evaluation) -> Iterator[Finding]:
    for key, outcome in evaluation.targets.items():
        if outcome.state == "conflicting" and outcome.reason is not None:
            shown = [str(value) for value in outcome.reason.params.values()]
            yield Finding("collision", "error", outcome.rule, None, {"key": key, "sources": ", ".join(shown)}, (key,))


def _order(reach: _Reach, evaluation: Evaluation) -> Iterator[Finding]:
    """Pairs of binds that would fill one key differently: the first wins."""
    won: dict[tuple[int, int], list[str]] = {}
    owner: dict[str, tuple[int, Recipe | None]] = {}
    for index, claimed in reach.claimed.items():
        for key, outcome in claimed.items():
            before = owner.setdefault(key, (index, outcome.recipe))
            if before[0] != index and before[1] != outcome.recipe and evaluation.targets[key].rule == before[0]:
                won.setdefault((before[0], index), []).append(key)
    for (first, second), keys in won.items():
        yield Finding("order", "notice", second, first, {"key": keys[0], "count": len(keys)}, tuple(keys[:SHOWN]))
