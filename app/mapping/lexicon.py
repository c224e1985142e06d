r"""Words of the text spelling: one line of a plan is cut into tokens, each with its column.

Strings stand in quotes and are taken as they are written, a backslash keeping the next character from ending them: what `\.` or `\{` mean is the
pattern's or the regular expression's business. What cannot be written so (line ends, control characters, a lone quote) takes the form
``j"..."`` with the escapes of JSON.
"""

import json
import re
from typing import Literal

import msgspec

from app.mapping.errors import PlanError

_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_JSON_STRING = re.compile(r'j"((?:[^"\\]|\\.)*)"', re.DOTALL)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?(?![A-Za-z0-9_])", re.ASCII)
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_FORMULA = re.compile(r'\{(?!\s*["}])([^{}"#]*)\}')
_MARKS = ("->", "=", "(", ")", "[", "]", "{", "}", ",", ":", "@", "?")
_PLAIN = re.compile(r'(?:[^"\\\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]|\\[^\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029])*\Z')

TokenKind = Literal["string", "number", "word", "formula", "mark", "comment", "end"]


class Word(msgspec.Struct, frozen=True):
    """One token: what it is, its text (unquoted), the column where it starts."""

    kind: TokenKind
    text: str
    column: int


def quote(text: str) -> str:
    """Write a string."""
    if _PLAIN.match(text):
        return f'"{text}"'
    return "j" + json.dumps(text, ensure_ascii=True)


def is_word(text: str) -> bool:
    """Whether a text may stand without quotes."""
    return _WORD.fullmatch(text) is not None


def words(line: str, number: int) -> list[Word]:
    """Cut a line; PlanError `plan_text_character` or `plan_text_string` with the place where it fails."""
    out: list[Word] = []
    at = 0
    while at < len(line):
        char = line[at]
        if char in " \t":
            at += 1
            continue
        if char == "#":
            out.append(Word("comment", line[at + 1 :], at + 1))
            break
        token, at = _next(line, at, number)
        out.append(token)
    out.append(Word("end", "", len(line) + 1))
    return out


def _next(line: str, at: int, number: int) -> tuple[Word, int]:
    column = at + 1
    if found := _STRING.match(line, at):
        return Word("string", found[1], column), found.end()
    if found := _JSON_STRING.match(line, at):
        try:
            return Word("string", str(json.loads(f'"{found[1]}"')), column), found.end()
        except ValueError as error:
            raise PlanError("plan_text_string", line=number, column=column) from error
    if line[at] == '"':
        raise PlanError("plan_text_string", line=number, column=column)
    if found := _NUMBER.match(line, at):
        return Word("number", found[0], column), found.end()
    if found := _WORD.match(line, at):
        return Word("word", found[0], column), found.end()
    if found := _FORMULA.match(line, at):
        return Word("formula", found[0], column), found.end()
    for mark in _MARKS:
        if line.startswith(mark, at):
            return Word("mark", mark, column), at + len(mark)
    raise PlanError("plan_text_character", line=number, column=column, character=line[at])
