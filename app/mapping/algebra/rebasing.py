"""A plan carried over to new versions of its trees: what still fits, and what no longer does."""

from collections.abc import Mapping

import msgspec

from app.keys import KeyTree
from app.mapping.evaluation import evaluate
from app.mapping.outcomes import Evaluation, Reason, TargetOutcome
from app.mapping.plan import Plan

_GOOD = frozenset({"loaded", "initialised"})


class Misfit(msgspec.Struct, frozen=True):
    """Something that held on the old trees and does not on the new: message `reason-<code>`.

    rule -- index of the rule; None where it is a key's own affair
    keys -- target keys, the first few
    """

    rule: int | None
    reason: Reason
    keys: tuple[str, ...] = ()


class Rebase(msgspec.Struct, frozen=True):
    """The plan without what it was frozen for, and what no longer fits."""

    plan: Plan
    misfits: tuple[Misfit, ...]


_SHOWN = 20


def rebase(
    plan: Plan,
    before: tuple[Mapping[str, KeyTree], KeyTree],
    after: tuple[Mapping[str, KeyTree], KeyTree],
) -> Rebase:
    """Carry a plan over.

    before, after -- sources and target, old and new
    """
    old, new = evaluate(plan, *before), evaluate(plan, *after)
    misfits = [*_idle(plan, old, new), *_changed(old, new), *_added(old, new)]
    return Rebase(msgspec.structs.replace(plan, sources={}, target={}), tuple(misfits))


def _used(plan: Plan, evaluation: Evaluation) -> set[int]:
    used = {outcome.rule for outcome in evaluation.targets.values() if outcome.rule is not None and outcome.state != "missing"}
    for outcomes in evaluation.sources.values():
        used |= {outcome.rule for outcome in outcomes.values() if outcome.rule is not None}
    return used & set(range(len(plan.rules)))


def _idle(plan: Plan, old: Evaluation, new: Evaluation) -> list[Misfit]:
    idle: set[int] = _used(plan, old) - _used(plan, new)
    return [Misfit(rule, Reason("rebase_idle"), _keys(old, rule)) for rule in sorted(idle)]


def _keys(evaluation: Evaluation, rule: int) -> tuple[str, ...]:
    return tuple(key for key, outcome in evaluation.targets.items() if outcome.rule == rule)[:_SHOWN]


def _changed(old: Evaluation, new: Evaluation) -> list[Misfit]:
    """Target keys that were filled and are not any more, by what they became and by rule."""
    found: dict[tuple[int | None, str], list[str]] = {}
    for key, outcome in new.targets.items():
        was: TargetOutcome | None = old.targets.get(key)
        if was is not None and was.state in _GOOD and outcome.state not in _GOOD and not outcome.benign:
            found.setdefault((was.rule, outcome.state), []).append(key)
    return [
        Misfit(rule, Reason("rebase_state", {"state": state, "count": len(keys)}), tuple(keys[:_SHOWN]))
        for (rule, state), keys in found.items()
    ]


def _added(old: Evaluation, new: Evaluation) -> list[Misfit]:
    added = [key for key, outcome in new.targets.items() if key not in old.targets and outcome.state not in _GOOD and not outcome.benign]
    return [Misfit(None, Reason("rebase_added", {"count": len(added)}), tuple(added[:_SHOWN]))] if added else []
