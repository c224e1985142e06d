"""Mapping by value: the tensors of both sides are compared by a job, and what it found is laid beside the plan."""

from collections.abc import Iterator, Mapping
from math import prod
from typing import Literal

import msgspec
import numpy as np

from app.errors import ConflictError, KeygraftError
from app.keys import family_of
from app.mapping.claims import Claim, Proposal
from app.mapping.outcomes import TargetOutcome
from app.mapping.wording import claim_of
from app.services import held, jobs, mappings, workspaces
from app.services.cards import Applied, Said
from app.services.house import LOCAL, House
from app.services.jobs import Job, Spec
from app.services.jobs.asking import latest, under_way
from app.services.jobs.valuing import FOUND, read
from app.services.workspaces import Workspace

Standing = Literal["new", "same", "other"]
"""What the plan says of a key whose values were found: nothing yet, the same, something else."""
Way = Literal["equal", "transposed", "cut", "joined", "reordered"]
_WAYS: Mapping[str, Way] = {"identity": "equal", "transpose": "transposed", "slice": "cut", "concat": "joined", "permute": "reordered"}


class Find(msgspec.Struct, frozen=True):
    """A family of target keys whose values stand in the source, all in one way."""

    family: str
    sources: tuple[str, ...]
    way: Way
    standing: Standing
    keys: tuple[str, ...]


class Found(msgspec.Struct, frozen=True):
    """What a comparison came to.

    job     -- None: there was none yet, or a side is another one since
    why_not -- what stands in the way of one
    """

    job: Job | None = None
    why_not: Said | None = None
    finds: tuple[Find, ...] = ()

    def count(self, standing: Standing) -> int:
        """Target keys that stand so."""
        return sum(len(find.keys) for find in self.finds if find.standing == standing)


def why_not(workspace: Workspace) -> Said | None:
    """What stands in the way of comparing values here; None where nothing does."""
    cards = (*workspace.source_cards.values(), workspace.target_card)
    if any(card.kind == "lent" for card in cards):
        return Said("values-why-lent")
    bare = next((card for card in cards if not card.holds), None)
    return None if bare is None else Said("values-why-not-held", {"label": bare.label[:100]})


def start(house: House, transfer: str, *, by: str = LOCAL) -> Job:
    """Compare the tensors of both sides, by a job. Raises NotFoundError; KeygraftError where the server cannot read one side's."""
    workspace = workspaces.open_workspace(house, transfer, by=by)
    if why_not(workspace) is not None:
        raise KeygraftError("values_not_held")
    spec = _spec(house, workspace)
    held.check(house, {name: side for name, (side, _) in spec.sources.items()} | {"\0target": spec.target[0]})
    return under_way(house, transfer, spec) or jobs.submit(house, transfer, workspace.version, workspace.title, spec, by=by)


def found(house: House, transfer: str, *, by: str = LOCAL) -> Found:
    """What the last comparison of these two sides came to, beside the plan as it is now. Raises NotFoundError."""
    workspace = workspaces.open_workspace(house, transfer, by=by)
    job = _job(house, workspace)
    closed = why_not(workspace)
    if job is None or job.state != "done":
        return Found(job, closed)
    return Found(job, closed, tuple(_finds(workspace, _read(house, job))))


def take(house: House, transfer: str, base_version: int, standing: Standing, *, client: str = "", by: str = LOCAL) -> Applied:
    """Map what was found: keys that nothing fills yet, or those that the plan fills otherwise. Raises ConflictError, KeygraftError."""
    workspace = workspaces.open_workspace(house, transfer, by=by)
    job = _job(house, workspace)
    if job is None or job.state != "done":
        raise ConflictError("values_not_compared")
    proposals = _read(house, job)
    keys = [key for find in _finds(workspace, proposals) if find.standing == standing for key in find.keys]
    claims = {key: claim for key in keys if (claim := proposals[key].claim) is not None}
    if not claims:
        raise KeygraftError("nothing_to_accept")
    return mappings.claim(house, workspace, base_version, claims, client=client, by=by, label=Said("edit-by-value", {"count": len(claims)}))


def _job(house: House, workspace: Workspace) -> Job | None:
    """The newest comparison; None where it was of other sides."""
    known = latest(house, workspace.id, "values")
    return known[0] if known is not None and known[1] == _spec(house, workspace) else None


def _spec(house: House, workspace: Workspace) -> Spec:
    with house.database.read() as tx:
        row = workspaces.row_of(tx, workspace.id)
    digests = workspaces.digests_of(house, row)
    return Spec("values", "", {name: (side, digests[name]) for name, side in row.sources.items()}, (row.target, digests[None]))


def _read(house: House, job: Job) -> dict[str, Proposal]:
    return read(jobs.path_of(house, job.id, FOUND))


def _finds(workspace: Workspace, proposals: Mapping[str, Proposal]) -> Iterator[Find]:
    """Fold what was found into families, in target order."""
    groups: dict[tuple[str, tuple[str, ...], Way, Standing], list[str]] = {}
    for key, outcome in workspace.evaluation.targets.items():
        claim = proposals[key].claim if key in proposals else None
        if claim is not None:
            groups.setdefault(_likeness(workspace, key, claim, outcome), []).append(key)
    for likeness, keys in groups.items():
        yield Find(*likeness, tuple(keys))


def _likeness(workspace: Workspace, key: str, claim: Claim, outcome: TargetOutcome) -> tuple[str, tuple[str, ...], Way, Standing]:
    names = claim.names or ("",) * len(claim.sources)
    sources = tuple(
        dict.fromkeys(
            (f"{name}:" if name else "") + family_of(source, workspace.sources[name].separator)[0]
            for source, name in zip(claim.sources, names, strict=True)
        )
    )
    return family_of(key, workspace.target.separator)[0], sources, _WAYS.get(claim.op, "equal"), _standing(claim, outcome)


def _standing(claim: Claim, outcome: TargetOutcome) -> Standing:
    if outcome.state != "loaded" or outcome.recipe is None:
        return "new" if outcome.state != "initialised" else "other"
    return "same" if _says(claim_of(outcome.recipe), claim) else "other"


def _says(known: Claim, claim: Claim) -> bool:
    """Whether what the plan does is what was found; rows that it reorders by head are spelt out first."""
    if (known.sources, known.names, known.op) != (claim.sources, claim.names, claim.op):
        return False
    args = known.args
    view, dims = args.get("view"), args.get("dims")
    if isinstance(view, list) and isinstance(dims, list):
        args = {**args, "index": [int(row) for row in np.arange(prod(view)).reshape(view).transpose(dims).reshape(-1)]}
    return all(args.get(name, 0 if name == "dim" else None) == value for name, value in claim.args.items())
