"""Every sentence stands in the catalogue, and every error code has one with what to do."""

import ast
import re

import pytest

from app import messages
from app.errors import KeygraftError


def _codes(root):
    """Every literal first argument of an error that the program raises."""
    for path in sorted((root / "app").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
                name = ast.unparse(node.exc.func).rpartition(".")[2]
                first = node.exc.args[0]
                if name.endswith(("Error", "Refused")) and isinstance(first, ast.Constant) and isinstance(first.value, str):
                    keywords = {keyword.arg for keyword in node.exc.keywords}
                    if re.fullmatch(r"[a-z][a-z0-9_]*", first.value) and hasattr(__import__("builtins"), name) is False:
                        yield path, node.lineno, first.value, keywords


def test_every_code_that_is_raised_has_a_sentence_and_a_hint(root):
    """A code without words would show a person nothing."""
    lacking = [
        f"{path.name}:{line} {code}"
        for path, line, code, _ in _codes(root)
        if not (messages.has(messages.error_id(code)) and messages._pattern(messages.error_id(code), "hint", "en")[1])
    ]
    assert lacking == []


def test_sentence_and_hint():
    """Parameters are filled in, markup characters stay what they are."""
    error = KeygraftError("internal", reference="<b>")
    assert messages.error_text(error).startswith("Something went wrong")
    assert "<b>" in messages.error_hint(error)


def test_a_missing_parameter_is_a_defect():
    """A sentence with a hole never reaches a person unnoticed."""
    with pytest.raises(ValueError):
        messages.text(messages.error_id("internal"), attribute="hint")


def test_an_unknown_message_is_a_defect():
    """Asking for a sentence that is not there fails in a test, not on the page."""
    with pytest.raises(LookupError):
        messages.text("no-such-message")


def test_errors_survive_a_process_border():
    """Limited child processes hand their errors to the parent."""
    import pickle

    error = KeygraftError("internal", reference="x")
    back = pickle.loads(pickle.dumps(error))
    assert (back.code, dict(back.params)) == ("internal", {"reference": "x"})
