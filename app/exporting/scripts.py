"""The loader script: one readable file that depends on torch alone and does in the user's project what the plan says."""

from collections.abc import Iterable, Mapping

from app.exporting.carried import import_block, kernels, runtime_part
from app.exporting.layout import Group, Node, lines, row, tuple_of
from app.exporting.literals import literal, quoted, raw_literal, text_literal
from app.exporting.options import UNREAD, ScriptOptions
from app.exporting.tables import mapping_display, set_display
from app.exporting.transfer import Transfer, remapped_code, transfer_of
from app.keys import KeyTree
from app.keys.spelling import Token, parse_token
from app.mapping import Evaluation, Plan

_PARTS = ("checkpoint", "remapping", "loading", "training", "command")
_COVERAGE_SLACK = 0.9


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
    transfer = transfer_of(plan, sources, target, evaluation, options.only)
    body, needed = remapped_code(transfer)
    carried = [*kernels({"start_fresh", *needed}), *(runtime_part(name) for name in _PARTS)]
    blocks = [
        _heading(options, next((tree.format for tree in sources.values() if tree.format in UNREAD), "")),
        import_block(carried),
        _VERSION_GATE + "\n\n" + "\n".join(_constants(sources, transfer, evaluation, options)),
        "\n".join([*_SIGNATURE, *body]),
        *(part.text for part in carried),
    ]
    return "\n\n".join(blocks[:2]) + "\n\n" + "\n\n\n".join(blocks[2:]) + "\n"


_VERSION_GATE = """if tuple(int(part) for part in torch.__version__.split(".")[:2]) < (2, 1):
    raise SystemExit(f"This loader needs torch 2.1 or newer; here is {torch.__version__}.")"""


def _heading(options: ScriptOptions, unread: str) -> str:
    name, file = options.module if options.module.isidentifier() else "loader", options.checkpoint
    if unread:
        text = _UNREAD_HEADING.format(module=name, file=text_literal(file), word=quoted(file), format=unread)
        return '"""' + _in_docstring(text) + '"""'
    lines = ((f"python {name}.py {quoted(file)}", _PRINTED), (f"python {name}.py {quoted(file)} out.safetensors", _SAVED))
    room = max(len(command) for command, _ in lines)
    commands = "\n".join(f"    {command.ljust(room)}    {what}" for command, what in lines)
    return '"""' + _in_docstring(_HEADING.format(module=name, file=text_literal(file), commands=commands)) + '"""'


def _in_docstring(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')


_PRINTED, _SAVED = "print what becomes of every key", "write the remapped state_dict"


_HEADING = """Moves the weights of a checkpoint into a model whose state_dict has other names or shapes.

In a project:

    from {module} import load_into

    report = load_into(model, {file})
    print(report.table())

As a command:

{commands}

Needs Python 3.9 and torch 2.1 or newer; safetensors where such files are read or written. Written by Keygraft.
"""


_UNREAD_HEADING = """Moves the weights of a checkpoint into a model whose state_dict has other names or shapes.

The weights are in {file}, of the format {format}, which torch does not read. This does, and runs nothing:

    keygraft apply PLAN {word} remapped.safetensors

What it writes is for model.load_state_dict. Or read the tensors yourself, and give them by their keys, as a dict:

    from {module} import load_into

    report = load_into(model, tensors)
    print(report.table())

Needs Python 3.9 and torch 2.1 or newer. Written by Keygraft.
"""


def _constants(sources: Mapping[str, KeyTree], transfer: Transfer, evaluation: Evaluation, options: ScriptOptions) -> list[str]:
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


_SIGNATURE = (
    "def remapped(take: Take) -> Iterator[tuple[str, torch.Tensor]]:",
    '    """Yield each target key with its value, one after another."""',
)
