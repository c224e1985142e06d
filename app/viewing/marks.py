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


def target_states(evaluation: Evaluation, pending: Mapping[str, Proposal]) -> dict[str, str]:
    """State of each target key."""
    return {key: target_state(outcome, key in pending) for key, outcome in evaluation.targets.items()}


def source_states(evaluation: Evaluation, pending: Mapping[str, Proposal], source: str = "") -> dict[str, str]:
    """State of each key of one source; those that only a waiting proposal uses are `proposed`."""
    offered = {
        key
        for proposal in pending.values()
        if proposal.claim is not None
        for place, key in enumerate(proposal.claim.sources)
        if (proposal.claim.names[place] if proposal.claim.names else "") == source
    }
    outcomes = evaluation.sources.get(source, {})
    return {key: "proposed" if key in offered and outcome.state == "unexpected" else outcome.state for key, outcome in outcomes.items()}


def mark(outline: Outline, states: dict[str, str]) -> Marks:
    """Add up the states of one side over its outline."""
    totals: list[dict[str, int]] = [{} for _ in outline.nodes]
    get = states.get
    for node in reversed(outline.nodes):  # children have higher numbers than what they stand below
        own = totals[node.id]
        if len(node.keys) == 1:
            own[get(node.keys[0], "missing")] = 1
        elif node.keys:
            own.update(Counter([get(key, "missing") for key in node.keys]))
        if node.parent >= 0:
            above = totals[node.parent]
            for state, number in own.items():
                above[state] = above.get(state, 0) + number
    return Marks(states, tuple(totals), tuple(next(iter(total)) if len(total) == 1 else worst(total) for total in totals))
