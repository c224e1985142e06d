"""Pasted text as a key tree: recognise what it is, and read it. Nothing is evaluated."""

import json
import re
from typing import Any

from app.definitions.documents import read_document
from app.definitions.errors import TextError
from app.definitions.listing import read_csv, read_keys, read_lines
from app.definitions.live import FORMAT, is_live, read_live
from app.definitions.load_errors import parse_load_error, target_of
from app.definitions.printed import looks_printed, read_printed
from app.definitions.records import in_one_line, unbroken
from app.definitions.tidying import in_lines, tidied
from app.keys import KeyTree

MAX_TEXT = 32 * 2**20
_MODULE_PRINT = re.compile(r"^\s*\([^)\s]+\): \w+\(", re.MULTILINE)
_SUMMARY = re.compile(r"^\s*(?:[├└]─+[^\W\d_]|Layer \(type)", re.MULTILINE)
_CODE = re.compile(r"^(?:import |from \S+ import |class \w+.*:|def \w+\()", re.MULTILINE)
_SNIPPET = re.compile(r"^\{\"format\": \"" + FORMAT + r"\".*\}[ \t]*$", re.MULTILINE)
"""What the snippet prints: one line, whatever a model printed before it."""


def from_text(text: str, *, source: KeyTree | None = None) -> KeyTree:
    """Read a key list, CSV, JSON, a printed state_dict, a `named_parameters` dump or a `load_state_dict` error.

    source -- the checkpoint that was loaded, for an error message: the target is what it would have taken
    Raises TextError.
    """
    if len(text) > MAX_TEXT:
        raise TextError("text_too_long", limit=MAX_TEXT // 2**20)
    text = tidied(text)
    if not text:
        raise TextError("text_empty")
    text = next((found[0] for found in _SNIPPET.finditer(text)), text)
    error = parse_load_error(text)
    if error is not None:
        return target_of(error, source)
    document = _json(text)
    if document is not None:
        return read_live(document) if is_live(document) else read_document(document)
    if looks_printed(text):
        return read_printed(text)
    if _CODE.search(text):
        raise TextError("text_is_code")
    if _MODULE_PRINT.search(text) or _SUMMARY.search(text):
        raise TextError("text_is_module_print")
    return read_keys(text) or read_keys(text.replace("\n", "")) or read_csv(text) or read_lines(in_one_line(unbroken(in_lines(text))))


def _json(text: str) -> Any:
    if text[0] not in "{[":
        return None
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        return _json_lines(text)


def _json_lines(text: str) -> list[Any] | None:
    """One object a line, each naming a key; None where the text is no such thing."""
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) < 2 or not all(line.lstrip().startswith("{") and line.rstrip().endswith("}") for line in lines):
        return None
    try:
        return [json.loads(line, object_pairs_hook=_unique) for line in lines]
    except (ValueError, RecursionError):
        return None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object that names a key twice: a plain decoder keeps the last one silently."""
    unique = dict(pairs)
    if len(unique) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise TextError("text_duplicate_key", key=twice[:200])
    return unique
