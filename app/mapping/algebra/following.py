"""A plan that follows its keys: one side is replaced, and what has another name there is still found."""

from collections.abc import Mapping, Sequence

import msgspec

from app.keys import KeyTree
from app.mapping.claims import Claim
from app.mapping.edits import AddRule, Edit, RemoveRule, apply
from app.mapping.evaluation import evaluate
from app.mapping.induction import induce
from app.mapping.outcomes import Evaluation, Leaf, Recipe, TargetOutcome
from app.mapping.plan import Init, Plan, Rule
from app.mapping.text import statement
from app.mapping.wording import claim_of

_GOOD = frozenset({"loaded", "initialised"})
Sides = tuple[Mapping[str, KeyTree], KeyTree]
"""Sources by name, and the target."""


class Moves(msgspec.Struct, frozen=True):
    """Keys that have another name on the new side: old -> new, for each source and for the target."""

    sources: Mapping[str, Mapping[str, str]] = {}
    target: Mapping[str, str] = {}


class Followed(msgspec.Struct, frozen=True):
    """A plan on its new sides.

    edits   -- what changes of its rules
    before, after -- the outcomes on the old sides and, with the edits, on the new
    kept    -- how many target keys are filled, as they were
    refound -- target keys that are filled again by rules that were written for them
    lost    -- target keys that were filled and are not any more
    added   -- target keys that were not there and that nothing fills
    gone    -- target keys that are no longer there, under any name
    idle    -- statements of rules that had an effect and have none now
    """

    edits: tuple[Edit, ...]
    plan: Plan
    before: Evaluation
    after: Evaluation
    kept: int
    refound: tuple[str, ...]
    lost: tuple[str, ...]
    added: tuple[str, ...]
    gone: tuple[str, ...]
    idle: tuple[str, ...]


def follow(plan: Plan, before: Sides, after: Sides, moves: Moves) -> Followed:
    """Carry a plan over to other sides. Rules are kept as they are; where they lost keys that only moved, rules are added that find them.

    A rule that has no effect any more goes only where what it did is done by an added one: nothing of a person's work is lost in silence.
    """
    old, now = evaluate(plan, *before), evaluate(plan, *after)
    origin = {new: was for was, new in moves.target.items()}
    claims = _claims(old, now, origin, moves.sources)
    rules = _rules(plan, claims, after, now)
    replaced = _replaced(plan, old, now, {origin.get(key, key) for key in claims}) if rules else []
    edits: list[Edit] = [RemoveRule(at, statement(plan.rules[at])) for at in reversed(replaced)]
    edits += [AddRule(rule, None if not replaced else replaced[0] + offset) for offset, rule in enumerate(rules)]
    carried = plan
    for edit in edits:
        carried = apply(carried, edit)
    new = evaluate(carried, *after) if edits else now
    return Followed(tuple(edits), carried, old, new, *_told(old, new, origin, claims), _idle(plan, carried, old, new))


def _claims(old: Evaluation, now: Evaluation, origin: Mapping[str, str], sources: Mapping[str, Mapping[str, str]]) -> dict[str, Claim]:
    """What filled each key that nothing fills now, said with the new names."""
    claims: dict[str, Claim] = {}
    for key, outcome in now.targets.items():
        was = old.targets.get(origin.get(key, key))
        if was is None or was.state != "loaded" or was.recipe is None or outcome.state == "loaded":
            continue
        recipe = _renamed(was.recipe, sources)
        if key in origin or recipe != was.recipe:
            claims[key] = claim_of(recipe)
    return claims


def _renamed(recipe: Recipe, sources: Mapping[str, Mapping[str, str]]) -> Recipe:
    if isinstance(recipe, Leaf):
        return Leaf(sources.get(recipe.source, {}).get(recipe.key, recipe.key), recipe.source)
    return msgspec.structs.replace(recipe, inputs=tuple(_renamed(each, sources) for each in recipe.inputs))


def _rules(plan: Plan, claims: Mapping[str, Claim], after: Sides, now: Evaluation) -> Sequence[Rule]:
    """The fewest rules that fill the claimed keys and change no other key's outcome."""
    sources, target = after
    if not claims:
        return ()
    alone = msgspec.structs.replace(target, tensors={key: info for key, info in target.tensors.items() if key in claims})
    for tree in (alone, target):
        rules = [rule for rule in induce(claims, sources, tree) if not isinstance(rule, Init)]
        grown = msgspec.structs.replace(plan, rules=(*plan.rules, *rules))
        if not _touches(now, evaluate(grown, *after), claims):
            return rules
    return ()


def _touches(now: Evaluation, grown: Evaluation, claims: Mapping[str, Claim]) -> bool:
    return any(
        key not in claims and (outcome.state, outcome.recipe) != (now.targets[key].state, now.targets[key].recipe)
        for key, outcome in grown.targets.items()
    )


def _replaced(plan: Plan, old: Evaluation, now: Evaluation, claimed: set[str]) -> list[int]:
    """Rules without effect all of whose keys the added rules fill."""
    idle = _used(plan, old) - _used(plan, now)
    left = {outcome.rule for key, outcome in old.targets.items() if key not in claimed}
    filled = {old.targets[key].rule for key in claimed if key in old.targets}
    return sorted(at for at in idle if at in filled and at not in left)


def _used(plan: Plan, evaluation: Evaluation) -> set[int]:
    used = {outcome.rule for outcome in evaluation.targets.values() if outcome.rule is not None and outcome.state != "missing"}
    for outcomes in evaluation.sources.values():
        used |= {outcome.rule for outcome in outcomes.values() if outcome.rule is not None}
    return used & set(range(len(plan.rules)))


def _idle(plan: Plan, carried: Plan, old: Evaluation, new: Evaluation) -> tuple[str, ...]:
    used = {statement(carried.rules[at]) for at in _used(carried, new)}
    had = {statement(plan.rules[at]) for at in _used(plan, old)}
    kept = {statement(rule) for rule in carried.rules}
    return tuple(sorted((had - used) & kept))


def _told(
    old: Evaluation, new: Evaluation, origin: Mapping[str, str], claims: Mapping[str, Claim]
) -> tuple[int, tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Count what is kept; list what is found again, lost, added and gone."""
    kept = 0
    refound: list[str] = []
    lost: list[str] = []
    added: list[str] = []
    for key, outcome in new.targets.items():
        was = old.targets.get(origin.get(key, key))
        if _filled(outcome):
            if key in claims:
                refound.append(key)
            else:
                kept += was is not None and _filled(was)
        elif was is not None and _filled(was):
            lost.append(key)
        elif was is None:
            added.append(key)
    there = {origin.get(key, key) for key in new.targets}
    gone = tuple(key for key in old.targets if key not in there)
    return kept, tuple(refound), tuple(lost), tuple(added), gone


def _filled(outcome: TargetOutcome) -> bool:
    return outcome.state in _GOOD or outcome.benign
