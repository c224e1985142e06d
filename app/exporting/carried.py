"""Source text that scripts carry: parts of the runtime, and kernels with what they call. Read as text; nothing is imported."""

import ast
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import msgspec

_APP = Path(__file__).parents[1]
_RUNTIME = _APP / "exporting" / "runtime"
_KERNELS = _APP / "tensors" / "kernels"
_TABLE = "KERNELS"


class Imports(msgspec.Struct, frozen=True):
    """What a text needs: modules, names from modules, and names that only annotations use."""

    modules: frozenset[str] = frozenset()
    names: frozenset[tuple[str, str]] = frozenset()
    typing: frozenset[tuple[str, str]] = frozenset()


class Carried(msgspec.Struct, frozen=True):
    """A text and its imports."""

    text: str
    imports: Imports


@cache
def runtime_part(name: str) -> Carried:
    """Read a part of the runtime, without docstring and imports."""
    text = (_RUNTIME / f"{name}.py").read_text("utf-8")
    tree = ast.parse(text)
    first = next(node for node in tree.body if not _is_preamble(node))
    return Carried(_clean(text.splitlines()[_first_line(first) - 1 :]), _imports(tree.body))


@cache
def kernel_names() -> dict[str, str]:
    """Return the function of each op."""
    tree = ast.parse((_KERNELS / "table.py").read_text("utf-8"))
    table = next(node.value for node in tree.body if isinstance(node, ast.AnnAssign) and _assigned(node) == _TABLE)
    assert isinstance(table, ast.Dict)  # noqa: S101 -- our own file
    return {
        ast.literal_eval(key): value.id for key, value in zip(table.keys, table.values, strict=True) if key and isinstance(value, ast.Name)
    }


def kernels(needed: Iterable[str]) -> list[Carried]:
    """Return functions, and all that they call, callees first."""
    known = _definitions()
    ordered: dict[str, Carried] = {}

    def visit(name: str) -> None:
        if name in known and name not in ordered:
            carried, calls = known[name]
            for callee in calls:
                if callee != name:
                    visit(callee)
            ordered[name] = carried

    for name in sorted(needed):
        visit(name)
    return list(ordered.values())


@cache
def _definitions() -> dict[str, tuple[Carried, tuple[str, ...]]]:
    """Find every function and table of the kernels, with the names that each uses."""
    found: dict[str, tuple[Carried, tuple[str, ...]]] = {}
    for path in sorted(_KERNELS.glob("*.py")):
        text = path.read_text("utf-8")
        tree = ast.parse(text)
        for node in tree.body:
            name = node.name if isinstance(node, ast.FunctionDef) else _assigned(node)
            if name and name != _TABLE:
                used = sorted({each.id for each in ast.walk(node) if isinstance(each, ast.Name)})
                body = _clean(text.splitlines()[_first_line(node) - 1 : node.end_lineno])
                found[name] = Carried(body, _imports(tree.body, frozenset(used))), tuple(used)
    return found


def _clean(rows: list[str]) -> str:
    """Join lines without remarks for our own linter."""
    return re.sub(r"  # noqa:.*", "", "\n".join(rows)).strip("\n")


def _assigned(node: ast.stmt) -> str:
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target if isinstance(node, ast.AnnAssign) else None
    return target.id if isinstance(target, ast.Name) else ""


def _first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(each.lineno for each in decorators)])


def _is_typing_only(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _is_preamble(node: ast.stmt) -> bool:
    docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return docstring or _is_typing_only(node) or isinstance(node, (ast.Import, ast.ImportFrom))


def _imports(body: Iterable[ast.stmt], used: frozenset[str] | None = None) -> Imports:
    """Read imports; with `used`, only of names that occur. Ours are left out: a script carries what they name."""
    modules: set[str] = set()
    names: set[tuple[str, str]] = set()
    typing: set[tuple[str, str]] = set()
    for node in body:
        if isinstance(node, ast.If) and _is_typing_only(node):
            typing |= _imports(node.body, used).names
        elif isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names if used is None or alias.name in used}
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] not in {"app", "__future__"}:
            names |= {(node.module, alias.name) for alias in node.names if used is None or alias.name in used}
    if typing:
        names.add(("typing", "TYPE_CHECKING"))
    return Imports(frozenset(modules), frozenset(names), frozenset(typing))


def import_block(parts: Iterable[Carried]) -> str:
    """Write the imports of all parts, sorted as isort does: the standard library, torch, then what only annotations use."""
    listed = list(parts)
    modules = frozenset[str]().union(*(part.imports.modules for part in listed))
    names = frozenset[tuple[str, str]]().union(*(part.imports.names for part in listed))
    typing = frozenset[tuple[str, str]]().union(*(part.imports.typing for part in listed)) - names
    standard = [*(f"import {name}" for name in sorted(modules - {"torch"})), *_from(name for name in names if name[0] != "torch")]
    torch = [*(f"import {name}" for name in sorted(modules & {"torch"})), *_from(name for name in names if name[0] == "torch")]
    blocks = ["from __future__ import annotations", "\n".join(standard), "\n".join(torch)]
    if typing:
        blocks.append("\n".join(["if TYPE_CHECKING:", *(f"    {line}" for line in _from(typing))]))
    return "\n\n".join(blocks)


def _from(names: Iterable[tuple[str, str]]) -> list[str]:
    by_module: dict[str, list[str]] = {}
    for module, name in names:
        by_module.setdefault(module, []).append(name)
    return [f"from {module} import {', '.join(sorted(found, key=_rank))}" for module, found in sorted(by_module.items())]


def _rank(name: str) -> tuple[int, str]:
    """Constants first, then classes, then functions."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)
