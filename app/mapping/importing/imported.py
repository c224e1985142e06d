"""What came out of an import."""

import ast
from collections.abc import Iterable

import msgspec

from app.mapping.errors import PlanError
from app.mapping.outcomes import Reason
from app.mapping.plan import Ignore, Init, Rule

LONGEST = 4 * 1024 * 1024


class Skipped(msgspec.Struct, frozen=True):
    """An entry that could not be taken over, as it stood, and why: message `reason-<code>`."""

    entry: str
    reason: Reason


class Imported(msgspec.Struct, frozen=True):
    """Rules, in order, and what was left out."""

    rules: tuple[Rule, ...]
    skipped: tuple[Skipped, ...] = ()


def carried(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Leave out what a list does not say: that keys which it does not name start fresh or stay behind."""
    return tuple(rule for rule in rules if not isinstance(rule, Init | Ignore))


def parsed(text: str) -> ast.Module:
    """Parse Python text; PlanError `import_unreadable` with its line where it is none. Nothing of it is run."""
    if len(text) > LONGEST:
        raise PlanError("plan_long", most=LONGEST)
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 1
        raise PlanError("import_unreadable", line=line, column=getattr(error, "offset", None) or 1) from error


def text_of(node: ast.expr | None) -> str | None:
    """Return a text constant."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def texts_of(node: ast.expr | None) -> list[str] | None:
    """Return one text, or a list of texts."""
    single = text_of(node)
    if single is not None:
        return [single]
    if isinstance(node, ast.List | ast.Tuple):
        out = [text_of(item) for item in node.elts]
        return [text for text in out if text is not None] if all(text is not None for text in out) and out else None
    return None
