"""What is done is done in the name of who asked."""

import ast
import importlib
import inspect
from pathlib import Path

import pytest

FACES = ("web", "api")


def _calls(path: Path) -> list[tuple[str, str, ast.Call]]:
    """Calls of services in a file: module, function, the call itself."""
    tree = ast.parse(path.read_text("utf-8"))
    rooms = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "app.services"
        for alias in node.names
    }
    return [
        (rooms[call.func.value.id], call.func.attr, call)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id in rooms
    ]


@pytest.mark.parametrize("face", FACES)
def test_every_handler_says_who(root: Path, face: str) -> None:
    """A service that takes `by` is never called without it: forgotten, a member's edit would be the local person's."""
    forgotten = []
    for path in sorted((root / "app" / face).glob("*.py")):
        for module, name, call in _calls(path):
            function = getattr(importlib.import_module(module), name, None)
            wanted = list(inspect.signature(function).parameters) if callable(function) else []
            said = any(keyword.arg == "by" for keyword in call.keywords) or "by" in wanted[: len(call.args)]
            if "by" in wanted and not said and name != "open_workspace":  # there it only says whose steps can be undone
                forgotten.append(f"{path.name}:{call.lineno} {name}")
    assert forgotten == []
