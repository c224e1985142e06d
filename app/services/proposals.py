"""A person's answer to proposals: taken, refused, or another candidate chosen."""

from collections.abc import Collection, Mapping

from app.errors import KeygraftError, NotFoundError
from app.mapping.claims import Claim
from app.mapping.offers import taken, taken_of
from app.services import edits, grouping, inducing, mappings, proposing, workspaces
from app.services.cards import Applied, ProposalGroup, Said
from app.services.house import LOCAL, House
from app.services.workspaces import Workspace


def groups(workspace: Workspace) -> tuple[ProposalGroup, ...]:
    """Group the open proposals by family and by how they fill it, in target order."""
    return grouping.groups(workspace.proposals, workspace.sources, workspace.target)


def accept(
    house: House,
    transfer: str,
    base_version: int,
    *,
    keys: Collection[str] = (),
    groups: Collection[str] = (),
    at_least: float | None = None,
    certain: bool = False,
    client: str = "",
    by: str = LOCAL,
) -> Applied:
    """Take proposals: by target key, by group, all at or above a confidence, or all that need no person.

    Raises NotFoundError where one is no longer open, KeygraftError where none is left to take.
    """
    workspace = workspaces.open_workspace(house, transfer, by=by)
    claims = taken(workspace.proposals, at_least=at_least, certain=certain)
    if keys or groups:
        claims = taken_of(workspace.proposals, [*claims, *_chosen(workspace, keys, groups)])
    if not claims:
        raise KeygraftError("nothing_to_accept")
    label = Said("edit-accepted", {"count": len(claims)})
    return take(house, workspace, base_version, claims, label, client=client, by=by)


def take(
    house: House, workspace: Workspace, base_version: int, claims: Mapping[str, Claim], label: Said, *, client: str, by: str
) -> Applied:
    """Write claims as rules behind the ones that are there."""
    added = inducing.additions(house, workspace, claims)
    return edits.apply(house, workspace.id, base_version, added, label=label, client=client, by=by)


def _chosen(workspace: Workspace, keys: Collection[str], wanted: Collection[str]) -> list[str]:
    """Keys, by themselves or by group, of which each has a proposal: there may be 90,000. Raises NotFoundError."""
    by_name = {group.id: group for group in groups(workspace)} if wanted else {}
    listed = list(keys)
    for name in wanted:
        if name not in by_name:
            raise NotFoundError("proposal_gone", target=name[:80])
        listed.extend(by_name[name].keys)
    gone = next(workspace.proposals.lacking(listed), None)
    if gone is not None:
        raise NotFoundError("proposal_gone", target=gone[:200])
    return listed


def reject(
    house: House,
    transfer: str,
    base_version: int,
    *,
    keys: Collection[str] = (),
    groups: Collection[str] = (),
    client: str = "",
    by: str = LOCAL,
) -> Applied:
    """Refuse proposals; they do not come back, unless this is undone. Raises NotFoundError, KeygraftError."""
    workspace = workspaces.open_workspace(house, transfer, by=by)
    chosen = {key: workspace.proposals[key].claim for key in _chosen(workspace, keys, groups)}
    refused = [(key, proposing.digest(claim)) for key, claim in chosen.items() if claim is not None]
    if not refused:
        raise KeygraftError("nothing_to_reject")
    label = Said("edit-rejected", {"count": len(refused)})
    return edits.apply(house, transfer, base_version, (), label=label, client=client, by=by, refused=refused)


def choose(house: House, transfer: str, base_version: int, target: str, alternative: int, *, client: str = "", by: str = LOCAL) -> Applied:
    """Take a ranked candidate for one target key; 0 is the proposal itself. Raises NotFoundError."""
    workspace = workspaces.open_workspace(house, transfer, by=by)
    proposal = workspace.proposals.get(target)
    claims = [] if proposal is None or proposal.claim is None else [proposal.claim, *(claim for claim, _ in proposal.alternatives)]
    if not 0 <= alternative < len(claims):
        raise NotFoundError("proposal_gone", target=target[:200])
    return mappings.claim(house, workspace, base_version, {target: claims[alternative]}, client=client, by=by)
