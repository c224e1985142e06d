"""The loader script: one readable file that depends on torch alone and does in the user's project what the plan says."""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

import msgspec

from app.exporting.carried import import_block, kernels, runtime_part
from app.exporting.layout import Group, Node, lines, row, tuple_of
from app.exporting.literals import literal, raw_literal, text_literal
from app.exporting.names import plain_name
from app.exporting.options import ScriptOptions
from app.exporting.readable import readable
from app.exporting.renames import RenameTable, rename_table
from app.exporting.statements import statements
from app.exporting.tables import mapping_display, set_display
from app.keys import KeyTree
from app.keys.spelling import Token, parse_token
from app.mapping import leaves
from app.mapping.outcomes import Evaluation, Leaf, Recipe
from app.mapping.plan import Init, Plan

_PARTS = ("checkpoint", "remapping", "loading", "training", "command")
_COVERAGE_SLACK = 0.9


class _Transfer(msgspec.Struct, frozen=True):
    """What a script says, before it is written."""

    assignments: dict[str, Recipe]
    table: RenameTable
    expected: dict[str, tuple[int, ...]]
    missing: list[str]
    fresh: dict[str, tuple[str, dict[str, object]]]
    left_behind: list[str]
    qualified: bool


def loader_script(
    plan: Plan,
    sources: Mapping[str, KeyTree],
    target: KeyTree,
    evaluation: Evaluation,
    options: ScriptOptions | None = None,
) -> str:
    """Write the script; the same inputs give the same text.

    User text (keys, names, notes) stands in it as Python literals only.
    """
    options = options or ScriptOptions()
    transfer = _transfer(plan, sources, target, evaluation, options)
    body, needed = statements(
        {key: recipe for key, recipe in transfer.assignments.items() if key not in transfer.table.covers}, qualified=transfer.qualified
    )
    carried = [*kernels({"start_fresh", *needed}), *(runtime_part(name) for name in _PARTS)]
    blocks = [
        _heading(sources, target, options),
        import_block(carried),
        _VERSION_GATE + "\n\n" + "\n".join(_constants(sources, transfer, evaluation, options)),
        "\n".join(_remapped(transfer, body)),
        *(part.text for part in carried),
    ]
    return "\n\n".join(blocks[:2]) + "\n\n" + "\n\n\n".join(blocks[2:]) + "\n"


_VERSION_GATE = """if tuple(int(part) for part in torch.__version__.split(".")[:2]) < (2, 1):
    raise SystemExit(f"This loader needs torch 2.1 or newer; here is {torch.__version__}.")"""


def _transfer(plan: Plan, sources: Mapping[str, KeyTree], target: KeyTree, evaluation: Evaluation, options: ScriptOptions) -> _Transfer:
    shapes = {plain_name(key): info.shape or () for key, info in target.tensors.items()}
    outcomes = {plain_name(key): outcome for key, outcome in evaluation.targets.items() if fnmatchcase(key, options.only)}
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
    return _Transfer(
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


def _heading(sources: Mapping[str, KeyTree], target: KeyTree, options: ScriptOptions) -> str:
    del sources, target
    return '"""' + _HEADING.replace("loader", options.module if options.module.isidentifier() else "loader") + '"""'


_HEADING = """Moves the weights of a checkpoint into a model whose state_dict has other names or shapes.

In a project:

    from loader import load_into

    report = load_into(model, "checkpoint.pth")
    print(report.table())

As a command:

    python loader.py checkpoint.pth                    print what becomes of every key
    python loader.py checkpoint.pth out.safetensors    write the remapped state_dict

Needs Python 3.9 and torch 2.1 or newer; safetensors where such files are read or written. Written by Keygraft.
"""


def _constants(sources: Mapping[str, KeyTree], transfer: _Transfer, evaluation: Evaluation, options: ScriptOptions) -> list[str]:
    nesting: Node = Group("{", tuple(row(text_literal(name), ": ", literal(tree.nesting)) for name, tree in sources.items()), "}")
    odd = {(name, *path): key for name, tree in sources.items() for path, key in _odd_keys(tree)}
    separators = {tree.separator for tree in sources.values()}
    rows = tuple_of([tuple_of([raw_literal(pattern), raw_literal(replacement)]) for pattern, replacement in transfer.table.rows])
    tables: list[tuple[str, str, str, Node]] = [
        ("Where the tensors stand inside the file.", "NESTING", "dict[str, tuple[object, ...]]", nesting),
        ("Keys that are no plain text in the file.", "ODD_KEYS", "dict[tuple[object, ...], str]", literal(odd)),
        ("What joins the parts of a nested key.", "SEPARATOR", "str", text_literal(next(iter(separators), "."))),
        ("Every key of the target, with its shape.", "EXPECTED", "dict[str, tuple[int, ...]]", mapping_display(transfer.expected)),
        ("Target keys that may be missing.", "MAY_BE_MISSING", "frozenset[str]", set_display(transfer.missing)),
        (
            "Target keys that start fresh, and how.",
            "FRESH",
            "dict[str, tuple[str, dict[str, object]]]",
            mapping_display(dict(transfer.fresh)),
        ),
        ("Source keys that are not used.", "LEFT_BEHIND", "frozenset[str]", set_display(transfer.left_behind)),
        ("How other source keys change: the first pattern that fits decides.", "RENAMES", "tuple[tuple[str, str], ...]", rows),
        ("Least share of the model's elements that must load.", "MIN_COVERAGE", "float", repr(_least(evaluation, options))),
    ]
    out: list[str] = []
    for comment, name, annotation, value in tables:
        out += [*([""] if out else []), f"# {comment}"]
        out.extend(lines(value, before=f"{name}: {annotation} = "))
    return out


def _least(evaluation: Evaluation, options: ScriptOptions) -> float:
    if options.min_coverage is not None:
        return options.min_coverage
    loaded, total = evaluation.coverage.get("loaded"), evaluation.coverage.get("total")
    if loaded is None or total is None or not total.parameters or options.only != "*":
        return 0.0
    return int(loaded.parameters / total.parameters * _COVERAGE_SLACK * 1000) / 1000


def _odd_keys(tree: KeyTree) -> Iterable[tuple[tuple[Token, ...], str]]:
    """Yield paths below the tree whose spelling is not what joining their tokens gives."""
    for key, info in tree.tensors.items():
        path = info.path[len(tree.nesting) :] or (parse_token(key),)
        if tree.separator.join(map(str, path)) != key:
            yield path, key


def _remapped(transfer: _Transfer, body: list[str]) -> list[str]:
    out = [
        "def remapped(take: Take) -> Iterator[tuple[str, torch.Tensor]]:",
        '    """Yield each target key with its value, one after another."""',
        *body,
    ]
    if transfer.table.covers:
        if body:
            out.append("    # every other key, under its new name")
        out += ["    for key in take.left():", "        yield (rename(key), take(key))"]
    elif not body:
        out.append("    yield from ()")
    return out
