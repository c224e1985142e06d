"""Runs with holes: members of a family that are not filled although their neighbours are."""

from collections.abc import Iterator

from app.keys import KeyTree
from app.mapping.folds import fold
from app.mapping.linting.finding import SHOWN, Finding
from app.mapping.outcomes import Evaluation


def lint_gaps(target: KeyTree, evaluation: Evaluation) -> Iterator[Finding]:
    """Look for families that are filled in part."""
    for family in fold(target.tensors, target.separator):
        if len(family.keys) < 2:
            continue
        missing = [key for key in family.keys if evaluation.targets[key].state == "missing" and not evaluation.targets[key].benign]
        if missing and len(missing) < len(family.keys):
            filled = next(key for key in family.keys if key not in set(missing))
            rule = evaluation.targets[filled].rule
            params: dict[str, str | int | float] = {"key": missing[0], "filled": filled, "count": len(missing), "of": len(family.keys)}
            yield Finding("gap", "warning", rule, None, params, tuple(missing[:SHOWN]))
