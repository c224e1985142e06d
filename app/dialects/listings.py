"""Lists of pairs: JSON for programs, CSV for spreadsheets."""

import csv
import io
import json
import re

from app.dialects.dialect import Dialected, LeftOver, Subject
from app.exporting.expressions import leftover_code
from app.exporting.names import plain_name
from app.mapping import Leaf, Reason, leaves

_FORMULA = re.compile("(^|[;\\t\\r\\n])(?=[=+\\-@\\t\\r\\n\uff1d\uff0b\uff0d\uff20])")
"""Places where a spreadsheet would begin to compute: at the start of a cell, or behind what it may take for a separator."""


def write_json(subject: Subject) -> Dialected:
    """Write {source key: target key}; a source key that several targets read stands with the first."""
    pairs: dict[str, str] = {}
    left = []
    for target, recipe in subject.transfer.assignments.items():
        if not isinstance(recipe, Leaf):
            left.append(LeftOver(target, Reason("dialect_computed"), leftover_code(recipe)))
        elif recipe.source:
            left.append(LeftOver(target, Reason("dialect_several_sources"), leftover_code(recipe)))
        elif recipe.key in pairs:
            left.append(LeftOver(target, Reason("dialect_used_twice", {"key": recipe.key}), leftover_code(recipe)))
        else:
            pairs[recipe.key] = target
    return Dialected(json.dumps(pairs, indent=2) + "\n", tuple(left))


def write_csv(subject: Subject) -> Dialected:
    """Write a row for each target key: target, state, source keys, expression. Cells that would be computed are quoted."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_ALL)  # a semicolon separates cells in half of Europe
    writer.writerow(["target", "state", "sources", "expression"])
    for target, outcome in subject.evaluation.targets.items():
        recipe = outcome.recipe
        sources = "" if recipe is None else " ".join(dict.fromkeys(_named(leaf) for leaf in leaves(recipe)))
        said = subject.transfer.assignments.get(plain_name(target), recipe)
        expression = "" if said is None or isinstance(said, Leaf) else leftover_code(said)
        writer.writerow([guarded(cell) for cell in (target, outcome.state, sources, expression)])
    return Dialected(out.getvalue())


def _named(leaf: Leaf) -> str:
    return f"{leaf.source}:{leaf.key}" if leaf.source else leaf.key


def guarded(cell: str) -> str:
    """Put an apostrophe before what a spreadsheet would take for a formula, and escape what no text file holds."""
    return _FORMULA.sub(r"\1'", cell.encode("utf-8", "backslashreplace").decode())
