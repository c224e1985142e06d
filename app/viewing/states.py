"""What the page says of a key: outcomes and proposals brought together into one state, with its tone."""

from collections.abc import Mapping

from app.mapping.claims import Proposal
from app.mapping.offers import Offers, offers
from app.mapping.outcomes import Evaluation, TargetOutcome

TARGET_STATES = ("conflicting", "mismatched", "proposed", "missing", "initialised", "benign", "loaded")
"""States of a target key, the most urgent first."""

SOURCE_STATES = ("proposed", "unexpected", "ignored", "used")
"""States of a source key, the most urgent first."""

URGENCY = {
    state: place
    for place, state in enumerate(
        ("conflicting", "mismatched", "proposed", "missing", "unexpected", "initialised", "ignored", "benign", "loaded", "used")
    )
}

TONES = {
    "loaded": "graft",
    "used": "graft",
    "proposed": "ask",
    "missing": "ask",
    "mismatched": "bad",
    "conflicting": "bad",
    "initialised": "rest",
    "benign": "rest",
    "ignored": "rest",
    "unexpected": "idle",
}
"""State -> the colour that means it."""

SURE = 0.95
"""Confidence from which a proposal's number is not worth the room it takes."""

NEEDS = frozenset({"proposed", "missing", "mismatched", "conflicting"})
"""States that wait for a person."""


_WAITING = frozenset({"missing", "mismatched"})


def waiting(evaluation: Evaluation, proposals: Mapping[str, Proposal]) -> Offers:
    """Proposals with a claim whose key nothing fills yet."""
    targets = evaluation.targets
    given = proposals if isinstance(proposals, Offers) and proposals.folded is targets.folded else offers(targets.folded, proposals)
    return given.among(targets, _WAITING)


def target_state(outcome: TargetOutcome, *, proposed: bool) -> str:
    """State of one target key."""
    if proposed:
        return "proposed"
    if outcome.state == "missing" and outcome.benign:
        return "benign"
    return outcome.state
