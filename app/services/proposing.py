"""What the automatic mapper suggests for a transfer, a person's decisions taken as facts. Answers are kept by content."""

import hashlib
from collections.abc import Mapping

import msgspec

from app import automap
from app.mapping.claims import Claim, Proposal
from app.mapping.outcomes import Evaluation, TargetOutcome
from app.services import inducing, workspaces
from app.services.house import House
from app.store import TransferRow

_OPEN = frozenset({"missing", "mismatched", "conflicting"})


def open_proposals(house: House, row: TransferRow, evaluation: Evaluation, refused: set[tuple[str, str]]) -> dict[str, Proposal]:
    """Proposals for the target keys that still need something, without those that were refused."""
    fixed = decisions(evaluation)
    proposals = proposed(house, row, fixed)
    return {
        key: proposal
        for key, outcome in evaluation.targets.items()
        if needs_something(outcome, key, fixed)
        and (proposal := proposals.get(key)) is not None
        and proposal.claim is not None
        and (key, digest(proposal.claim)) not in refused
    }


def needs_something(outcome: TargetOutcome, key: str, fixed: Mapping[str, Claim | None]) -> bool:
    """Whether a target key is neither filled nor decided."""
    return outcome.state in _OPEN and not outcome.benign and key not in fixed


def decisions(evaluation: Evaluation) -> dict[str, Claim | None]:
    """What rules say of target keys, as facts for the mapper: the claim, or None where the key starts fresh."""
    fixed: dict[str, Claim | None] = {}
    for key, outcome in evaluation.targets.items():
        if outcome.rule is None:
            continue
        if outcome.state == "initialised":
            fixed[key] = None
        elif outcome.state == "loaded" and outcome.recipe is not None:
            fixed[key] = inducing.claim_of(outcome.recipe)
    return fixed


def proposed(house: House, row: TransferRow, fixed: Mapping[str, Claim | None]) -> dict[str, Proposal]:
    """Run the mapper, or take the answer that was kept."""
    digests = workspaces.digests_of(house, row)
    facts = hashlib.blake2b(msgspec.json.encode(dict(fixed)), digest_size=16).hexdigest()
    key = (*(f"{name}={found}" for name, found in digests.items()), facts)
    return house.proposed.get_or_make(key, lambda: _run(house, row, fixed))


def _run(house: House, row: TransferRow, fixed: Mapping[str, Claim | None]) -> dict[str, Proposal]:
    sources, target = workspaces.trees_of(house, row)
    return automap.propose(sources, target, fixed=fixed)


def digest(claim: Claim) -> str:
    """Name of a claim, by which a refusal is remembered."""
    return hashlib.blake2b(msgspec.json.encode(claim), digest_size=16).hexdigest()
