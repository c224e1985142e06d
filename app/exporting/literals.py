"""User text and numbers as Python literals: quotes, newlines, braces and lone surrogates survive, nothing else gets into a script."""

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
