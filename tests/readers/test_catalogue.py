"""Every code that the rooms of reading raise or warn with is in the catalogue."""

import re
from pathlib import Path

import pytest
from fluent.syntax import FluentParser, ast

from app import messages

ROOMS = ("sources", "readers")
_RAISED = re.compile(r"(?<!Value)(?:Error)\(\s*\"([a-z0-9_]+)\"")
_WARNED = re.compile(r"Warned\(\s*\"([a-z0-9_]+)\"")


def _sources(root: Path) -> str:
    return "\n".join(path.read_text("utf-8") for room in ROOMS for path in sorted((root / "app" / room).rglob("*.py")))


def test_every_error_has_a_sentence_and_a_hint(root: Path) -> None:
    """A code without words would show a person a defect of ours."""
    texts = "\n".join(path.read_text("utf-8") for path in sorted((root / "app/locales/en").glob("*.ftl")))
    entries = {entry.id.name: entry for entry in FluentParser().parse(texts).body if isinstance(entry, ast.Message)}
    codes = set(_RAISED.findall(_sources(root)))
    assert len(codes) > 20
    for code in sorted(codes):
        entry = entries[messages.error_id(code)]
        assert [attribute.id.name for attribute in entry.attributes] == ["hint"], code


def test_every_warning_has_a_sentence(root: Path) -> None:
    """Warnings are shown by their codes too."""
    for code in sorted(set(_WARNED.findall(_sources(root)))):
        assert messages.has("warning-" + code.replace("_", "-")), code


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(
    "code",
    ["bounds", "shape", "missing_storage", "object_array", "dangerous_global", "unknown_class", "index_absent", "index_unlisted", "cycle"],
)
def test_warnings_read_well_for_one_and_for_many(code: str, count: int) -> None:
    """Counts choose the words."""
    text = messages.text("warning-" + code.replace("_", "-"), key="a.weight", name="acme.Net", count=count)
    assert text.endswith(".")
    assert "{" not in text
