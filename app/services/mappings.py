"""Mapping by hand: pairs that were drawn, keys that are let go, start fresh or are left behind."""

from collections.abc import Mapping, Sequence

import msgspec

from app import mapping
from app.errors import KeygraftError, NotFoundError
from app.keys import KeyTree
from app.mapping.claims import Claim
from app.mapping.edits import AddRule, Edit, RemoveRule
from app.mapping.outcomes import TargetOutcome
from app.mapping.patterns import escape
from app.mapping.plan import Bind, Ignore, Init, Rule
from app.mapping.wording import claim_of
from app.services import edits, inducing, workspaces
from app.services.cards import Applied, Said
from app.services.house import LOCAL, House
from app.services.workspaces import Workspace


def draw(
    house: House,
    transfer: str,
    base_version: int,
    pairs: Sequence[tuple[str, str]],
    *,
    source: str = "",
    client: str = "",
    by: str = LOCAL,
) -> Applied:
    """Map source keys to target keys as they are; several pairs become few rules.

    Raises NotFoundError for a key that is not there, KeygraftError where two shapes differ: nothing is mapped silently.
    """
    workspace = workspaces.open_workspace(house, transfer, by=by)
    tree = _source(workspace, source)
    claims = {}
    for from_key, to_key in pairs:
        _same_shape(tree, from_key, workspace.target, to_key)
        claims[to_key] = Claim((from_key,), names=(source,) if source else ())
    return claim(house, workspace, base_version, claims, client=client, by=by)


def claim(
    house: House, workspace: Workspace, base_version: int, claims: Mapping[str, Claim], *, client: str = "", by: str = LOCAL
) -> Applied:
    """Fill target keys as claims say, in place of what fills them now. Raises NotFoundError, KeygraftError."""
    _check_targets(workspace, claims)
    changes = _released(house, workspace, set(claims), claims)
    label = Said("edit-mapped", {"count": len(claims)})
    return edits.apply(house, workspace.id, base_version, changes, label=label, client=client, by=by)


def unmap(house: House, transfer: str, base_version: int, targets: Sequence[str], *, client: str = "", by: str = LOCAL) -> Applied:
    """Let target keys go: out of the rules that fill them; where equal names fill them, they start fresh. Raises KeygraftError."""
    workspace = workspaces.open_workspace(house, transfer, by=by)
    _check_targets(workspace, targets)
    plan, wanted = workspace.plan, set(targets)
    outcomes = workspace.evaluation.targets
    bound = {key for key in wanted if _decided_by(plan.rules, outcomes[key], (Bind, Init))}
    named = [key for key in targets if key not in bound and outcomes[key].recipe is not None]
    if not bound and not named:
        raise KeygraftError("not_mapped", target=targets[0][:200] if targets else "")
    changes: list[Edit] = [*_released(house, workspace, bound), *(AddRule(Init(escape(key))) for key in named)]
    label = Said("edit-unmapped", {"count": len(bound) + len(named)})
    return edits.apply(house, transfer, base_version, changes, label=label, client=client, by=by)


def start_fresh(
    house: House, transfer: str, base_version: int, targets: Sequence[str], *, policy: str = "model", client: str = "", by: str = LOCAL
) -> Applied:
    """Let target keys start fresh, whatever filled them. Raises NotFoundError, KeygraftError."""
    workspace = workspaces.open_workspace(house, transfer, by=by)
    _check_targets(workspace, targets)
    changes: list[Edit] = [*_released(house, workspace, set(targets)), *(AddRule(Init(escape(key), policy)) for key in targets)]
    label = Said("edit-fresh", {"count": len(targets)})
    return edits.apply(house, transfer, base_version, changes, label=label, client=client, by=by)


def leave_behind(
    house: House, transfer: str, base_version: int, keys: Sequence[str], *, source: str = "", client: str = "", by: str = LOCAL
) -> Applied:
    """Leave source keys behind on purpose. Raises NotFoundError."""
    workspace = workspaces.open_workspace(house, transfer, by=by)
    tree = _source(workspace, source)
    for key in keys:
        if key not in tree.tensors:
            raise NotFoundError("key_not_found", key=key[:200])
    changes = [AddRule(Ignore(escape(key), source or None)) for key in keys]
    label = Said("edit-ignored", {"count": len(keys)})
    return edits.apply(house, transfer, base_version, changes, label=label, client=client, by=by)


def _source(workspace: Workspace, name: str) -> KeyTree:
    if name not in workspace.sources:
        raise NotFoundError("source_name_unknown", name=name[:64])
    return workspace.sources[name]


def _same_shape(source: KeyTree, from_key: str, target: KeyTree, to_key: str) -> None:
    for tree, key in ((source, from_key), (target, to_key)):
        if key not in tree.tensors:
            raise NotFoundError("key_not_found", key=key[:200])
    have, want = source.tensors[from_key].shape, target.tensors[to_key].shape
    if have is not None and want is not None and have != want:
        written = {"from": _shape(have), "to": _shape(want)}
        raise KeygraftError("shapes_differ", source=from_key[:200], target=to_key[:200], **written)


def _shape(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "scalar"


def _check_targets(workspace: Workspace, targets: "Sequence[str] | Mapping[str, Claim]") -> None:
    for key in targets:
        if key not in workspace.target.tensors:
            raise NotFoundError("key_not_found", key=key[:200])


def _decided_by(rules: Sequence[Rule], outcome: TargetOutcome, kinds: tuple[type[Rule], ...]) -> bool:
    return outcome.rule is not None and isinstance(rules[outcome.rule], kinds)


def _released(house: House, workspace: Workspace, targets: set[str], claims: Mapping[str, Claim] | None = None) -> list[Edit]:
    """Edits that take target keys out of the rules that decide them and fill them as claimed; what else these rules do is kept."""
    outcomes, rules = workspace.evaluation.targets, workspace.plan.rules
    touched = {outcomes[key].rule for key in targets if _decided_by(rules, outcomes[key], (Bind, Init))}
    indices = sorted((index for index in touched if index is not None), reverse=True)
    kept = {key: outcome for key, outcome in outcomes.items() if outcome.rule in touched and key not in targets}
    changes: list[Edit] = [RemoveRule(index, mapping.statement(rules[index])) for index in indices]
    changes += [AddRule(msgspec.structs.replace(rules[index], pattern=escape(key))) for key, index in _fresh(rules, kept)]
    again = {key: claim_of(outcome.recipe) for key, outcome in kept.items() if outcome.state == "loaded" and outcome.recipe is not None}
    return changes + inducing.additions(house, workspace, again | dict(claims or {}), after=changes)


def _fresh(rules: Sequence[Rule], kept: Mapping[str, TargetOutcome]) -> list[tuple[str, int]]:
    """Keys that started fresh by a rule that is taken apart, with that rule's index."""
    return [(key, outcome.rule) for key, outcome in kept.items() if outcome.rule is not None and isinstance(rules[outcome.rule], Init)]
