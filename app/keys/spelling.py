"""One reversible spelling of keys in text and JSON.

A state_dict key is usually a string and is written as it is. What is no string, or would be misread, starts with ``~``:
``~int:0``, ``~float:1.5``, ``~bool:true``, ``~none:``, ``~bytes:6162`` (hexadecimal), ``~tuple:["a","~int:1"]`` (JSON of spelt tokens),
``~str:...`` for strings that start with ``~`` or hold lone surrogates (backslash escapes).
"""

import json
from typing import TypeAlias

Token: TypeAlias = "str | int | float | bool | bytes | None | tuple[Token, ...]"  # noqa: S105 - a part of a key, not a secret
"""A dictionary key as it stood in the file; keeps its type."""

_MAX_DIGITS = 400


def spell_token(token: Token) -> str:
    """Write one token."""
    if isinstance(token, str):
        return _spell_text(token)
    if token is None:
        return "~none:"
    if isinstance(token, bool):
        return "~bool:true" if token else "~bool:false"
    if isinstance(token, int):
        return f"~int:{token}"
    if isinstance(token, float):
        return f"~float:{token!r}"
    if isinstance(token, bytes):
        return "~bytes:" + token.hex()
    return "~tuple:" + json.dumps([spell_token(part) for part in token], ensure_ascii=True, separators=(",", ":"))


def _spell_text(token: str) -> str:
    if token.startswith("~") or (not token.isascii() and any("\ud800" <= char <= "\udfff" for char in token)):
        return "~str:" + json.dumps(token, ensure_ascii=True)[1:-1]
    return token


def spelt_alone(tokens: list[Token]) -> list[str]:
    """Write many tokens, each by itself; plain strings as they are."""
    texts = [token for token in tokens if type(token) is str]
    if len(texts) == len(tokens):
        joined = "".join(texts)
        if joined.isascii() and "~" not in joined:
            return texts
    return [spell_token(token) for token in tokens]


def parse_token(text: str) -> Token:
    """Read one token back; ValueError where the spelling is none of ours."""
    if not text.startswith("~"):
        return text
    kind, colon, rest = text[1:].partition(":")
    if not colon:
        raise ValueError(text)
    match kind:
        case "none" if not rest:
            return None
        case "bool" if rest in {"true", "false"}:
            return rest == "true"
        case "int" if len(rest) <= _MAX_DIGITS:
            return int(rest)
        case "float":
            return float(rest)
        case "bytes":
            return bytes.fromhex(rest)
        case "str":
            return str(json.loads(f'"{rest}"'))
        case "tuple":
            return tuple(parse_token(str(part)) for part in json.loads(rest))
        case _:
            raise ValueError(text)


def spell(path: tuple[Token, ...], separator: str = ".") -> str:
    """Write a key that lies `path` deep below the root of its tree.

    One token is written by itself. Several are joined by the separator, plain where they are strings or whole numbers
    (``state.0.exp_avg``): a tree that holds both ``("a", "b")`` and ``("a.b",)`` tells them apart by `spell_apart`.
    """
    if len(path) == 1:
        return spell_token(path[0])
    return separator.join(str(token) if type(token) is int else spell_token(token) for token in path)


def spell_apart(path: tuple[Token, ...]) -> str:
    """Write a nested key so that no other path is written alike."""
    return spell_token(path)
