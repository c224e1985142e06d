"""All checks of a plan on given trees."""

from collections.abc import Mapping

from app.keys import KeyTree
from app.mapping.evaluation import evaluate
from app.mapping.linting.claims import lint_claims
from app.mapping.linting.finding import Finding
from app.mapping.linting.gaps import lint_gaps
from app.mapping.linting.layouts import lint_layouts
from app.mapping.linting.renames import lint_renames
from app.mapping.outcomes import Evaluation
from app.mapping.plan import Plan

_RANK = {"error": 0, "warning": 1, "notice": 2}


def lint(plan: Plan, sources: Mapping[str, KeyTree], target: KeyTree, evaluation: Evaluation | None = None) -> list[Finding]:
    """Return what is odd, the worst first, then in the order of the rules.

    evaluation -- of this plan on these trees, where the caller has it
    """
    outcome = evaluation or evaluate(plan, sources, target)
    found = [
        *lint_renames(plan, sources),
        *lint_claims(plan, sources, target, outcome),
        *lint_layouts(plan, sources, outcome),
        *lint_gaps(target, outcome),
    ]
    return sorted(found, key=lambda finding: (_RANK[finding.severity], -1 if finding.rule is None else finding.rule))
