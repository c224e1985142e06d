"""Claims about some keys as rules that are added to a plan: as few as possible, and none that changes what happens to any other key."""

from collections.abc import Mapping, Sequence

import msgspec

from app import mapping
from app.mapping.claims import Claim
from app.mapping.edits import AddRule, Edit
from app.mapping.outcomes import Evaluation
from app.mapping.plan import Init, Rule
from app.services import planbook, workspaces
from app.services.house import House
from app.services.planbook import Change
from app.services.workspaces import Workspace


def additions(
    house: House, workspace: Workspace, claims: Mapping[str, Claim], *, after: Sequence[Edit] = (), before: int | None = None
) -> list[Edit]:
    """Edits that fill the claimed keys, to be done after the edits `after`. Raises KeygraftError where a claim cannot be read.

    before -- index of the rule of the workspace's plan in front of which they go, so that they win over it; None: at the end
    """
    if not claims:
        return []
    plan, _ = planbook.perform(workspace.plan, Change(tuple(after)))
    at = None if before is None else plan.rules.index(workspace.plan.rules[before])
    untouched = workspaces.evaluation_of(house, workspace.id, plan)
    for make in (_among_themselves, _among_all):
        placed = _placed(make(workspace, claims), at)
        grown, _ = planbook.perform(plan, Change(tuple(placed)))
        if not _changes_others(untouched, workspaces.evaluation_of(house, workspace.id, grown), claims):
            return placed
    return _placed([rule for key, claim in claims.items() for rule in _among_themselves(workspace, {key: claim})], at)


def _among_themselves(workspace: Workspace, claims: Mapping[str, Claim]) -> Sequence[Rule]:
    """The fewest rules: as if the target had no other keys."""
    tensors = {key: info for key, info in workspace.target.tensors.items() if key in claims}
    return mapping.induce(claims, workspace.sources, msgspec.structs.replace(workspace.target, tensors=tensors))


def _among_all(workspace: Workspace, claims: Mapping[str, Claim]) -> Sequence[Rule]:
    """Rules that leave the other keys out; what would let those start fresh is not meant."""
    found = mapping.induce(claims, workspace.sources, workspace.target)
    return [rule for rule in found if not isinstance(rule, Init)]


def _placed(rules: Sequence[Rule], at: int | None) -> list[Edit]:
    return [AddRule(rule, None if at is None else at + offset) for offset, rule in enumerate(rules)]


def _changes_others(before: Evaluation, after: Evaluation, claims: Mapping[str, Claim]) -> bool:
    """Whether a key that nothing was said about gets another outcome."""
    return any(
        key not in claims and (outcome.state != before.targets[key].state or outcome.recipe != before.targets[key].recipe)
        for key, outcome in after.targets.items()
    )
