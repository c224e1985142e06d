"""Claims as edits of a transfer's plan. Families that are taken as a whole are looked at by a few members; other claims, if many, in the back room."""

from collections.abc import Mapping, Sequence

from app import mapping
from app.mapping import Evaluator
from app.mapping.claims import Claim
from app.mapping.edits import Edit
from app.mapping.offers import Taken
from app.mapping.plan import Plan, Rule
from app.services import additions as adding
from app.services import planbook, workspaces
from app.services.backroom.tasks import Induce, Induced
from app.services.house import House
from app.services.planbook import Change
from app.services.workspaces import Workspace

MANY = 1500
"""Claims from which on rules are sought in another process."""
FEW = 200
"""Claims up to which each is looked at: that finds the fewest rules."""


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
    evaluator = workspaces.evaluator_named(house, workspace.id)
    if isinstance(claims, Taken) and len(claims) >= FEW:
        found = _by_family(evaluator, workspace, plan, claims, at)
        if found is not None:
            return adding.placed(found, at)
    if len(claims) >= MANY:
        elsewhere = _elsewhere(house, workspace, planbook.plan_bytes(plan), claims, at)
        if elsewhere is not None:
            return adding.placed(elsewhere, at)
    return adding.placed(adding.rules_for(evaluator, plan, workspace.sources, workspace.target, claims, at), at)


def _by_family(evaluator: Evaluator, workspace: Workspace, plan: Plan, claims: Taken, at: int | None) -> list[Rule] | None:
    """Rules for the families that take keys as they are, and in front of them those for the few other keys; None where that does not do."""
    plain, rest = claims.parted()
    if not plain or len(rest) >= MANY:
        return None
    sides = workspace.sources, workspace.target
    found = adding.for_families(evaluator, plan, *sides, plain, at)
    if found is None or not rest:
        return found
    return [*adding.rules_for(evaluator, adding.grown(plan, found, at), *sides, dict(rest), len(plan.rules) if at is None else at), *found]


def _elsewhere(house: House, workspace: Workspace, plan: bytes, claims: Mapping[str, Claim], at: int | None) -> list[Rule] | None:
    """Rules found in the back room; None where it has nothing to say."""
    with house.database.read() as tx:
        row = workspaces.row_of(tx, workspace.id)
    task = Induce(workspaces.case_of(house, row, plan), dict(claims), at)
    answer = house.backroom.ask(task, lambda wanted: workspaces.packed(house, wanted))
    return [mapping.parse_rule(line) for line in answer.rules] if isinstance(answer, Induced) else None
