"""Claims about some keys as rules that are added to a plan: as few as possible, and none that changes what happens to any other key. Pure."""

from collections.abc import Collection, Mapping, Sequence
from operator import attrgetter

import msgspec

from app import mapping
from app.keys import KeyTree
from app.mapping import Evaluator
from app.mapping.block import Block
from app.mapping.claims import Claim
from app.mapping.edits import AddRule, Edit
from app.mapping.folds import fold_tree
from app.mapping.offers import FamilyOffers, Taken
from app.mapping.outcomes import Evaluation, Leaf
from app.mapping.plan import Init, Plan, Rule

_FILLED = frozenset({"loaded", "mismatched"})


def rules_for(
    evaluator: Evaluator,
    plan: Plan,
    sources: Mapping[str, KeyTree],
    target: KeyTree,
    claims: Mapping[str, Claim],
    at: int | None = None,
) -> list[Rule]:
    """Rules that fill the claimed keys. Raises KeygraftError where a claim cannot be read.

    at -- index in the plan in front of which they go, so that they win over the rules there; None: at the end
    """
    untouched = evaluator.evaluate(plan)
    for make in (_among_themselves, _among_families, _among_all):
        found = make(claims, sources, target)
        if does_just(untouched, evaluator.evaluate(grown(plan, found, at)), claims):
            return found
    return [rule for key, claim in claims.items() for rule in _among_themselves({key: claim}, sources, target)]


def for_families(
    evaluator: Evaluator, plan: Plan, sources: Mapping[str, KeyTree], target: KeyTree, claims: Taken, at: int | None = None
) -> list[Rule] | None:
    """Rules sought with a few members of each family that is taken as a whole, and then tried on all; None where they do not do just that.

    So taking all proposals for 90,000 keys looks closely at some thousand of them. Members that were decided before are no part of it.
    """
    for look in (attrgetter("fewest"), attrgetter("few")):
        keys = [key for place, part in claims.whole.items() for key in look(evaluator.families[place]) if key in part.proposals]
        found = _from_some(evaluator, plan, sources, target, claims, keys, at)
        if found is not None:
            return found
    return None


def _from_some(
    evaluator: Evaluator, plan: Plan, sources: Mapping[str, KeyTree], target: KeyTree, claims: Taken, keys: Sequence[str], at: int | None
) -> list[Rule] | None:
    """Rules that some of the claimed keys tell, where they do for all what is claimed."""
    some = {key: claims[key] for key in keys} | dict(claims.single)
    read = {key for claim in some.values() for key in claim.sources}
    gathered = {key for claim in some.values() if len(claim.sources) > 1 for key in claim.sources}
    parts = {name: _with_families(tree, read, gathered) for name, tree in sources.items()}
    found = _among_all(some, parts, _only(target, list(some)))
    after = evaluator.evaluate(grown(plan, found, at))
    exact = all(_as_claimed(after.targets.blocks[place], part) for place, part in claims.whole.items())
    return found if exact and does_just(evaluator.evaluate(plan), after, claims) else None


def _with_families(tree: KeyTree, keys: set[str], gathered: set[str]) -> KeyTree:
    """Some keys of a tree, and the whole families of those that are brought together: a gap would be seen where none is."""
    whole = [key for family in fold_tree(tree) if not gathered.isdisjoint(family.members) for key in family.keys] if gathered else []
    return _only(tree, list(dict.fromkeys([*(key for key in keys if key in tree.tensors), *whole])))


def _as_claimed(block: Block, part: FamilyOffers) -> bool:
    """Whether the keys of a family got what was proposed for them: one key each, as it is."""
    if part.plain is None:
        return False
    name, keys = part.plain
    even = block.even
    if even is not None and even.owners == keys and even.source == name and list(part.proposals) == block.keys:
        return True
    return all(block.outcomes[key].recipe == Leaf(wanted, name) for key, wanted in zip(part.proposals, keys, strict=True))


def _among_themselves(claims: Mapping[str, Claim], sources: Mapping[str, KeyTree], target: KeyTree) -> list[Rule]:
    """The fewest rules: as if the target had no other keys, and the sources no other families."""
    parts = {name: _part(tree, {key for claim in claims.values() for key in claim.sources}) for name, tree in sources.items()}
    claimed = set(claims)
    return list(mapping.induce(claims, parts, _only(target, [key for key in target.tensors if key in claimed])))


def _among_families(claims: Mapping[str, Claim], sources: Mapping[str, KeyTree], target: KeyTree) -> list[Rule]:
    """Rules that leave out the other keys of the families that are claimed of: a row that is taken alone is mostly some layers of many."""
    parts = {name: _part(tree, {key for claim in claims.values() for key in claim.sources}) for name, tree in sources.items()}
    return _among_all(claims, parts, _part(target, set(claims)))


def _part(tree: KeyTree, keys: set[str]) -> KeyTree:
    """The families of a tree that some keys belong to."""
    return _only(tree, [key for family in fold_tree(tree) if not keys.isdisjoint(family.members) for key in family.keys])


def _only(tree: KeyTree, keys: Collection[str]) -> KeyTree:
    return msgspec.structs.replace(tree, tensors={key: tree.tensors[key] for key in keys}) if len(keys) < len(tree.tensors) else tree


def _among_all(claims: Mapping[str, Claim], sources: Mapping[str, KeyTree], target: KeyTree) -> list[Rule]:
    """Rules that leave the other keys out; what would let those start fresh is not meant."""
    return [rule for rule in mapping.induce(claims, sources, target) if not isinstance(rule, Init)]


def grown(plan: Plan, rules: Sequence[Rule], at: int | None) -> Plan:
    """The plan with rules put in."""
    for edit in placed(rules, at):
        plan = mapping.apply(plan, edit)
    return plan


def placed(rules: Sequence[Rule], at: int | None) -> list[Edit]:
    """Edits that put rules in, one behind the other."""
    return [AddRule(rule, None if at is None else at + offset) for offset, rule in enumerate(rules)]


def does_just(before: Evaluation, after: Evaluation, claims: Mapping[str, Claim]) -> bool:
    """Whether the claimed keys are filled, and no key that nothing was said about gets another outcome."""
    blocks = after.targets.blocks
    whole = {at for at, part in claims.whole.items() if len(part.proposals) == len(blocks[at].keys)} if isinstance(claims, Taken) else set()
    if not all(state in _FILLED for at in whole for state, _ in blocks[at].states):
        return False
    rest = claims.apart(whole) if isinstance(claims, Taken) else claims.keys()
    filled = after.targets.all_in(rest, "loaded") or all(after.targets[key].state in _FILLED for key in rest)
    others = ((old, new) for at, (old, new) in enumerate(zip(before.targets.blocks, blocks, strict=True)) if at not in whole)
    return filled and all(key in claims for old, new in others for key in new.changed(old))
