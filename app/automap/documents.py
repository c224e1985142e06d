"""Proposals as the JSON document that scripts rely on: target key -> claim, confidence, accepted; or null."""

from collections.abc import Mapping
from typing import Any

from app.mapping.claims import Proposal


def to_json(proposals: Mapping[str, Proposal]) -> dict[str, dict[str, Any] | None]:
    """Return the document of `keygraft automap --out`, in target order; a key without a claim is null."""
    return {key: entry(proposal) for key, proposal in proposals.items()}


def entry(proposal: Proposal) -> dict[str, Any] | None:
    """Return one proposal in the document's words; `names` stands only where sources are named."""
    claim = proposal.claim
    if claim is None:
        return None
    out: dict[str, Any] = {
        "source": list(claim.sources),
        "op": claim.op,
        "args": dict(claim.args),
        "confidence": round(proposal.confidence, 4),
        "accepted": proposal.accepted,
    }
    if any(claim.names):
        out["names"] = list(claim.names)
    return out
