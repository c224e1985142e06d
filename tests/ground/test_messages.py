"""Every sentence stands in the catalogue, and every error code has one with what to do."""

import ast
import re

import pytest
from fluent.syntax import FluentParser, Visitor
from fluent.syntax import ast as fluent

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


def _entries(root):
    """Every message of the catalogue with its file."""
    for path in sorted((root / "app/locales/en").glob("*.ftl")):
        for entry in FluentParser().parse(path.read_text("utf-8")).body:
            assert not isinstance(entry, fluent.Junk), f"{path.name}: {entry.content[:80]}"
            if isinstance(entry, fluent.Message):
                yield path.name, entry


def _variables(entry):
    """Names of the parameters that a message or its hint asks for."""
    found = set()

    class Seen(Visitor):
        def visit_VariableReference(self, node):  # noqa: N802 -- the library's name
            found.add(node.id.name)

    Seen().visit(entry)
    return found


def test_no_sentence_stands_twice(root):
    """Of two with one id the first file would win, with the parameters of another room."""
    places = {}
    for name, entry in _entries(root):
        places.setdefault(entry.id.name, []).append(name)
    assert {key: files for key, files in places.items() if len(files) > 1} == {}


def test_every_error_brings_what_its_sentence_asks_for(root):
    """A parameter that is missing would turn an error of a person into a defect of ours."""
    wanted = {entry.id.name: _variables(entry) for _, entry in _entries(root)}
    lacking = [
        f"{path.name}:{line} {code} lacks {sorted(wanted.get(messages.error_id(code), set()) - keywords)}"
        for path, line, code, keywords in _codes(root)
        if None not in keywords and wanted.get(messages.error_id(code), set()) - keywords
    ]
    assert lacking == []


def test_what_a_file_calls_its_keys_breaks_no_sentence() -> None:
    """Line ends, control characters and marks that turn the direction of writing are replaced; letters of any script stay."""
    error = KeygraftError("gguf_header", file="a\nb\x1b[31m\u202egnp.שלום\0", detail="cut")
    told = messages.error_text(error) + messages.error_hint(error)
    assert told.isprintable()
    assert "שלום" in told
