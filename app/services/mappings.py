"""Mapping by hand: pairs that were drawn, keys that are let go, start fresh or are left behind."""

from collections.abc import Mapping, Sequence

import msgspec

from app import mapping
from app.errors import KeygraftError, NotFoundError
from app.keys import KeyTree
from app.mapping.claims import Claim
from app.mapping.edits import AddRule, Edit, RemoveRule, ReplaceRule
from app.mapping.plan import Arg, Bind, Ignore, Init, Rule
from app.services import covering, edits, inducing, narrowing, workspaces
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
    house: House,
    workspace: Workspace,
    base_version: int,
    claims: Mapping[str, Claim],
    *,
    client: str = "",
    by: str = LOCAL,
    label: Said | None = None,
) -> Applied:
    """Fill target keys as claims say, in place of what fills them now. Raises NotFoundError, KeygraftError."""
    _check_targets(workspace, claims)
    keys = set(claims)
    decided = workspace.evaluation.targets.by_rule(keys)
    binds, inits = _among(workspace, decided, Bind), _among(workspace, decided, Init)
    emptied = [index for index in binds if not _others(workspace, index, keys)]
    cleared: list[Edit] = [RemoveRule(index, mapping.statement(workspace.plan.rules[index])) for index in reversed(emptied)]
    cleared += _narrowed(workspace, inits, keys, decided)
    standing = [index for index in binds if index not in emptied]
    added = inducing.additions(house, workspace, claims, after=cleared, before=standing[0] if standing else None)
    said = label or Said("edit-mapped", {"count": len(claims)})
    return edits.apply(house, workspace.id, base_version, [*cleared, *added], label=said, client=client, by=by)


def unmap(house: House, transfer: str, base_version: int, targets: Sequence[str], *, client: str = "", by: str = LOCAL) -> Applied:
    """Let target keys go: out of the rules that decide them; those that equal names or renames fill start fresh. Raises KeygraftError."""
    workspace = workspaces.open_workspace(house, transfer, by=by)
    _check_targets(workspace, targets)
    keys, outcomes = set(targets), workspace.evaluation.targets
    decided = outcomes.by_rule(keys)
    ruled = sorted({*_among(workspace, decided, Bind), *_among(workspace, decided, Init)})
    freed = {key for index in ruled for key in decided[index]}
    named = [key for key in targets if key not in freed and outcomes[key].recipe is not None]
    if not freed and not named:
        raise KeygraftError("not_mapped", target=targets[0][:200] if targets else "")
    fresh = [AddRule(Init(pattern)) for pattern in _patterns(workspace, named)]
    label = Said("edit-unmapped", {"count": len(freed) + len(named)})
    changes = [*_narrowed(workspace, ruled, keys, decided), *fresh]
    return edits.apply(house, transfer, base_version, changes, label=label, client=client, by=by)


def start_fresh(
    house: House,
    transfer: str,
    base_version: int,
    targets: Sequence[str],
    *,
    policy: str = "model",
    args: Mapping[str, Arg] | None = None,
    client: str = "",
    by: str = LOCAL,
) -> Applied:
    """Let target keys start fresh, whatever fills them: an init wins over every bind. Raises NotFoundError, KeygraftError."""
    workspace = workspaces.open_workspace(house, transfer, by=by)
    _check_targets(workspace, targets)
    front = min(_among(workspace, workspace.evaluation.targets.by_rule(targets), Init), default=None)
    changes = [AddRule(Init(pattern, policy, dict(args or {})), front) for pattern in _patterns(workspace, targets)]
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
    found = covering.patterns(keys, tree)
    changes = [AddRule(Ignore(pattern, source or None, raw=True)) for pattern in found]
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


def _patterns(workspace: Workspace, keys: Sequence[str]) -> list[str]:
    return covering.patterns(keys, workspace.target) if keys else []


def _among(workspace: Workspace, decided: Mapping[int | None, Sequence[str]], kind: type[Rule]) -> list[int]:
    """Indices of the rules of a kind among those that decide something, in order."""
    rules = workspace.plan.rules
    return sorted(index for index in decided if index is not None and isinstance(rules[index], kind))


def _others(workspace: Workspace, index: int, keys: set[str]) -> list[str]:
    """Keys that a rule decides besides these."""
    return [key for key in workspace.evaluation.targets.of_rule(index) if key not in keys]


def _narrowed(workspace: Workspace, indices: Sequence[int], keys: set[str], decided: Mapping[int | None, Sequence[str]]) -> list[Edit]:
    """Edits that take keys out of the rules that decide them; from the last rule to the first, so that indices hold."""
    changes: list[Edit] = []
    for index in sorted(indices, reverse=True):
        rule = workspace.plan.rules[index]
        if isinstance(rule, Bind | Init):
            smaller = _without(workspace, rule, _others(workspace, index, keys), decided[index])
            named = mapping.statement(rule)
            changes += [ReplaceRule(index, named, smaller[0])] if smaller else [RemoveRule(index, named)]
            changes += [AddRule(each, index + at) for at, each in enumerate(smaller[1:], 1)]
    return changes


def _without(workspace: Workspace, rule: Bind | Init, kept: Sequence[str], left_out: Sequence[str]) -> list[Rule]:
    """The rule over the kept keys alone; where that cannot be said, the keys that are left out start fresh in front of it."""
    if not kept:
        return []
    pattern = rule.target if isinstance(rule, Bind) else rule.pattern
    found = narrowing.without(pattern, kept, left_out, workspace.target.separator)
    if found is None and isinstance(rule, Init):
        found = _patterns(workspace, kept)
    if found is None:
        return [*(Init(each) for each in _patterns(workspace, left_out)), rule]
    if isinstance(rule, Bind):
        return [msgspec.structs.replace(rule, target=each) for each in found]
    return [msgspec.structs.replace(rule, pattern=each) for each in found]
