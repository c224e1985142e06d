"""A transfer as code sees it: assignments by target key, the rename table, and what is expected."""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

import msgspec

from app.exporting.names import plain_name
from app.exporting.readable import readable
from app.exporting.renames import RenameTable, rename_table
from app.exporting.statements import statements
from app.keys import KeyTree
from app.mapping import Evaluation, Init, Leaf, Plan, Recipe, leaves


class Transfer(msgspec.Struct, frozen=True):
    """What code says, before it is written.

    assignments -- target key -> recipe, for every key that is loaded
    table       -- patterns that name most plain renames
    expected    -- every target key with its shape
    missing     -- target keys that may be missing; fresh: those that start fresh, with policy and arguments
    left_behind -- source keys that nothing reads
    qualified   -- whether source keys carry the name of their source
    """

    assignments: dict[str, Recipe]
    table: RenameTable
    expected: dict[str, tuple[int, ...]]
    missing: list[str]
    fresh: dict[str, tuple[str, dict[str, object]]]
    left_behind: list[str]
    qualified: bool


def transfer_of(plan: Plan, sources: Mapping[str, KeyTree], target: KeyTree, evaluation: Evaluation, only: str = "*") -> Transfer:
    """Gather it; keys of the target as they are called, keys of a source as they are spelt."""
    shapes = {plain_name(key): info.shape or () for key, info in target.tensors.items()}
    outcomes = {plain_name(key): outcome for key, outcome in evaluation.targets.items() if fnmatchcase(key, only)}
    assignments = {
        key: readable(outcome.recipe, sources)
        for key, outcome in outcomes.items()
        if outcome.state == "loaded" and outcome.recipe is not None
    }
    qualified = len(sources) > 1
    uses = _uses(assignments.values(), qualified=qualified)
    everything = [_qualified(name, key, qualified=qualified) for name, tree in sources.items() for key in tree.tensors]
    left_behind = [key for key in everything if key not in uses]
    pairs = {
        _qualified(recipe.source, recipe.key, qualified=qualified): key
        for key, recipe in assignments.items()
        if isinstance(recipe, Leaf) and uses[_qualified(recipe.source, recipe.key, qualified=qualified)] == 1
    }
    table = rename_table(pairs, frozenset(left_behind)) if target.separator == "." else RenameTable()
    return Transfer(
        assignments,
        table,
        {key: shapes[key] for key in outcomes},
        [key for key, outcome in outcomes.items() if outcome.state == "missing" and outcome.benign],
        {key: _policy(plan, outcome.rule) for key, outcome in outcomes.items() if outcome.state == "initialised"},
        left_behind,
        qualified,
    )


def _policy(plan: Plan, rule: int | None) -> tuple[str, dict[str, object]]:
    found = plan.rules[rule] if rule is not None else None
    return (found.policy, dict(found.args)) if isinstance(found, Init) else ("model", {})


def _qualified(source: str, key: str, *, qualified: bool) -> str:
    return f"{source}:{key}" if qualified else key


def _uses(recipes: Iterable[Recipe], *, qualified: bool) -> dict[str, int]:
    """Count how many targets each source key reaches."""
    counts: dict[str, int] = {}
    for recipe in recipes:
        for leaf in dict.fromkeys(leaves(recipe)):
            key = _qualified(leaf.source, leaf.key, qualified=qualified)
            counts[key] = counts.get(key, 0) + 1
    return counts


def remapped_code(transfer: Transfer) -> tuple[list[str], set[str]]:
    """Write the body of `remapped`, and name the kernels that it calls."""
    explicit = {key: recipe for key, recipe in transfer.assignments.items() if key not in transfer.table.covers}
    body, needed = statements(explicit, qualified=transfer.qualified)
    if transfer.table.covers:
        if body:
            body.append("    # every other key, under its new name")
        body += ["    for key in take.left():", "        yield (rename(key), take(key))"]
    return body or ["    yield from ()"], needed
