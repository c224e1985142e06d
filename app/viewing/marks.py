"""States of all keys of one side, added up over every node of its outline."""

from collections import Counter
from collections.abc import Mapping

import msgspec

from app.mapping.claims import Proposal
from app.mapping.outcomes import Evaluation
from app.viewing.outline import Outline
from app.viewing.states import target_state, worst


class Marks(msgspec.Struct, frozen=True):
    """States of one side.

    states -- key -> state
    totals -- node number -> state -> number of keys at or below
    worst  -- node number -> its most urgent state
    """

    states: dict[str, str]
    totals: tuple[dict[str, int], ...]
    worst: tuple[str, ...]


def mark_targets(outline: Outline, evaluation: Evaluation, pending: Mapping[str, Proposal]) -> Marks:
    """Mark the target's keys."""
    return _mark(outline, {key: target_state(outcome, key in pending) for key, outcome in evaluation.targets.items()})


def mark_sources(outline: Outline, evaluation: Evaluation, pending: Mapping[str, Proposal], source: str = "") -> Marks:
    """Mark the keys of one source; those that only a waiting proposal uses are `proposed`."""
    offered = {
        key
        for proposal in pending.values()
        if proposal.claim is not None
        for place, key in enumerate(proposal.claim.sources)
        if (proposal.claim.names[place] if proposal.claim.names else "") == source
    }
    outcomes = evaluation.sources.get(source, {})
    return _mark(
        outline,
        {key: "proposed" if key in offered and outcome.state == "unexpected" else outcome.state for key, outcome in outcomes.items()},
    )


def _mark(outline: Outline, states: dict[str, str]) -> Marks:
    totals: list[Counter[str]] = [Counter() for _ in outline.nodes]
    get = states.get
    for node in reversed(outline.nodes):  # children have higher numbers than what they stand below
        if node.keys:
            totals[node.id].update([get(key, "missing") for key in node.keys])
        if node.parent >= 0:
            totals[node.parent].update(totals[node.id])
    return Marks(states, tuple(dict(total) for total in totals), tuple(worst(total) for total in totals))
