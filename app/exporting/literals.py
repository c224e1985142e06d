"""User text and numbers as Python literals: quotes, newlines, braces and lone surrogates survive, nothing else gets into a script."""

import re
from collections.abc import Mapping, Sequence

from app.exporting.layout import Group, Node, row, tuple_of


def text_literal(text: str) -> str:
    """Write a string literal, double-quoted unless that needs more escapes."""
    quote = _quote(text)
    return quote + _escaped(text, quote) + quote


def _quote(text: str) -> str:
    return "'" if text.count('"') > text.count("'") else '"'


def _escaped(text: str, quote: str) -> str:
    plain = repr('"' + text)[2:-1].replace("\\'", "'")  # the leading quote makes repr choose single quotes
    return plain.replace(quote, "\\" + quote)


_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
_CONTROL = re.compile(r"[^\x20-\x7e\xa0-\U0010ffff]|[\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def quoted(name: str) -> str:
    """Write a word of a shell's line; what would break the line, or hide in it, by its bytes between `$'` and `'`."""
    if not _UNSAFE.search(name):
        return name
    if _CONTROL.search(name):
        inner = name.replace("\\", "\\\\").replace("'", "\\'")
        return "$'" + _CONTROL.sub(lambda hit: "".join(f"\\x{byte:02x}" for byte in hit[0].encode("utf-8", "surrogateescape")), inner) + "'"
    return "'" + name.replace("'", "'\\''") + "'"


def raw_literal(pattern: str) -> str:
    """Write a regular expression, raw where a raw string can hold it."""
    plain = "\\" in pattern and pattern.isprintable() and '"' not in pattern and not pattern.endswith("\\")
    return f'r"{pattern}"' if plain else text_literal(pattern)


def template_literal(parts: Sequence[tuple[str, str]]) -> str:
    """Write an f-string from (text, expression) pairs, the expression empty where only text follows."""
    if not any(expression for _, expression in parts):
        return text_literal("".join(text for text, _ in parts))
    quote = _quote("".join(text for text, _ in parts))
    body = "".join(
        _escaped(text, quote).replace("{", "{{").replace("}", "}}") + (f"{{{expression}}}" if expression else "")
        for text, expression in parts
    )
    return f"f{quote}{body}{quote}"


def literal(value: object) -> Node:
    """Lay out a literal of plain values: text, numbers, None, tuples, lists, dictionaries."""
    if isinstance(value, str):
        return text_literal(value)
    if isinstance(value, tuple):
        return tuple_of([literal(item) for item in value])
    if isinstance(value, list):
        return Group("[", tuple(literal(item) for item in value), "]")
    if isinstance(value, Mapping):
        return Group("{", tuple(row(literal(key), ": ", literal(item)) for key, item in value.items()), "}")
    if (isinstance(value, float) and value != value) or value in (float("inf"), float("-inf")):  # noqa: PLR0124 -- NaN
        return f'float("{value}")'
    return repr(value)
