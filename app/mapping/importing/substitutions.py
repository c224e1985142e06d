"""A list of `re.sub` calls, as people keep them in scripts: calls, pairs in a list, or a dictionary."""

import ast
from collections.abc import Iterator

from app.mapping.errors import PlanError
from app.mapping.importing.imported import Imported, Skipped, parsed, text_of
from app.mapping.outcomes import Reason
from app.mapping.plan import Rename
from app.mapping.validation import check_rule


def import_substitutions(text: str) -> Imported:
    """Read `re.sub("a", "b", key)`, `key.replace("a", "b")`, `key.removeprefix("a")`, `[("a", "b"), ...]` or `{"a": "b"}`, in order.

    What RE2 and Python would read differently is left out, and said.
    """
    module = parsed(text.strip())
    rules: list[Rename] = []
    skipped: list[Skipped] = []
    for node, rule in _found(module):
        try:
            check_rule(rule)
        except PlanError as error:
            skipped.append(Skipped(ast.unparse(node)[:200], Reason(error.code, dict(error.params))))
        else:
            rules.append(rule)
    if not rules and not skipped:
        raise PlanError("import_nothing", wanted="re.sub, replace, pairs")
    return Imported(tuple(rules), tuple(skipped))


def _found(node: ast.AST) -> Iterator[tuple[ast.AST, Rename]]:
    """Walk in the order in which Python would run it: what is inside a call comes before the call."""
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            find, to = text_of(key), text_of(value)
            if find is not None and to is not None:
                yield value, Rename("regex", find, to)
        return
    if isinstance(node, ast.Tuple | ast.List) and len(node.elts) == 2:
        find, to = (text_of(item) for item in node.elts)
        if find is not None and to is not None:
            yield node, Rename("regex", find, to)
            return
    for child in ast.iter_child_nodes(node):
        yield from _found(child)
    if isinstance(node, ast.Call):
        rule = _call(node)
        if rule is not None:
            yield node, rule


def _call(node: ast.Call) -> Rename | None:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id if isinstance(node.func, ast.Name) else ""
    find = text_of(node.args[0]) if node.args else None
    to = text_of(node.args[1]) if len(node.args) > 1 else None
    if find is None:
        return None
    if name == "sub" and to is not None:
        return Rename("regex", find, to)
    if name == "replace" and to is not None:
        return Rename("replace", find, to)
    if name == "removeprefix":
        return Rename("strip_prefix", find)
    return None
