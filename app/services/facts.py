"""What rules say of target keys, as facts for the mapper."""

from app.mapping.claims import Claim
from app.mapping.outcomes import Evaluation
from app.mapping.wording import claim_of


def decisions(evaluation: Evaluation) -> dict[str, Claim | None]:
    """Target key that a rule decides -> the claim, or None where the key starts fresh."""
    fixed: dict[str, Claim | None] = {}
    for block in evaluation.targets.blocks:
        if not block.decided:
            continue
        for key, outcome in block.outcomes.items():
            if outcome.rule is None:
                continue
            if outcome.state == "initialised":
                fixed[key] = None
            elif outcome.state == "loaded" and outcome.recipe is not None:
                fixed[key] = claim_of(outcome.recipe)
    place = evaluation.targets.folded.place
    return dict(sorted(fixed.items(), key=lambda each: place[each[0]]))
