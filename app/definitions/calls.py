"""How a model is called: arguments as the Python expressions that were written, and one-line edits after building.

They stay text here. Literals may be read; whatever else is written (`GPTConfig(n_layer=2)`) is evaluated in the sandbox only.
"""

import ast
from typing import Any

import msgspec

from app.definitions.errors import SpecError

MAX_CALL = 20_000


class Call(msgspec.Struct, frozen=True, omit_defaults=True):
    """Arguments of a constructor, each the source of an expression."""

    args: tuple[str, ...] = ()
    kwargs: dict[str, str] = {}

    def __str__(self) -> str:
        written = [*self.args, *(f"{name}={value}" for name, value in self.kwargs.items())]
        return f"({', '.join(written)})" if written else ""

    def literals(self) -> tuple[list[Any], dict[str, Any]] | None:
        """Return the values, or None where one is no literal."""
        try:
            return [ast.literal_eval(arg) for arg in self.args], {name: ast.literal_eval(value) for name, value in self.kwargs.items()}
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            return None


def parse_call(text: str, *, literal: bool = False) -> Call:
    """Read `10, in_chans=1` or `(10, in_chans=1)`.

    literal -- refuse an argument that is no literal
    Raises SpecError.
    """
    text = text.strip()
    if len(text) > MAX_CALL:
        raise SpecError("spec_too_long", limit=MAX_CALL)
    inner = text[1:-1] if text.startswith("(") and text.endswith(")") and _one_group(text) else text
    statements = _parse(f"_({inner}\n)", text)
    node = statements[0].value if len(statements) == 1 and isinstance(statements[0], ast.Expr) else None
    if not isinstance(node, ast.Call):
        raise SpecError("spec_arguments", text=text[:200])
    return call_of(node, literal=literal)


def _one_group(text: str) -> bool:
    """Whether the first bracket is closed by the last one, so that `(1, 2), (3, 4)` keeps its own."""
    try:
        node = ast.parse(f"_{text}", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name)


def _parse(source: str, shown: str) -> list[ast.stmt]:
    if len(source) > MAX_CALL:
        raise SpecError("spec_too_long", limit=MAX_CALL)
    try:
        return ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise SpecError("spec_arguments", text=shown[:200]) from None


def call_of(node: ast.Call, *, literal: bool = False) -> Call:
    """Take the arguments of a parsed call; SpecError where they are starred or, if asked for, no literals."""
    if any(isinstance(arg, ast.Starred) for arg in node.args) or any(word.arg is None for word in node.keywords):
        raise SpecError("spec_starred")
    call = Call(tuple(ast.unparse(arg) for arg in node.args), {str(word.arg): ast.unparse(word.value) for word in node.keywords})
    if literal and call.literals() is None:
        strange = next(text for text in (*call.args, *call.kwargs.values()) if Call((text,)).literals() is None)
        raise SpecError("spec_not_literal", text=strange[:200])
    return call


def parse_edits(text: str) -> tuple[str, ...]:
    """Read what is done to a built model: simple statements, one a line or parted by `;`. Raises SpecError."""
    if len(text) > MAX_CALL:
        raise SpecError("spec_too_long", limit=MAX_CALL)
    try:
        statements = ast.parse(text.strip()).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise SpecError("edit_unreadable", text=text.strip()[:200]) from None
    return tuple(edit_of(statement) for statement in statements)


def edit_of(statement: ast.stmt) -> str:
    """Return one edit in plain spelling; SpecError where it is not an assignment, deletion or call."""
    if not isinstance(statement, ast.Assign | ast.AugAssign | ast.Delete | ast.Expr):
        raise SpecError("edit_unreadable", text=ast.unparse(statement)[:200])
    return ast.unparse(statement)
