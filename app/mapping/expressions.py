"""The right side of a bind as text: `concat("a.{i}.q", "a.{i}.k", dim=0)`. Parsed, never evaluated as code."""

import json
import re
from collections.abc import Callable
from typing import TypeVar

from app.mapping.arithmetic import parse_formula
from app.mapping.errors import PlanError
from app.mapping.lexicon import Word, is_word, quote
from app.mapping.ops import OPS, op_named
from app.mapping.plan import Arg, Call, Expr, Ref

_DEEPEST = 24
_Item = TypeVar("_Item")
_CONSTANTS: dict[str, Arg] = {"true": True, "false": False, "none": None}
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)\Z", re.ASCII)


class Cursor:
    """A place in the tokens of one line."""

    def __init__(self, tokens: list[Word], line: int) -> None:
        self.tokens = tokens
        self.line = line
        self.at = 0

    @property
    def here(self) -> Word:
        """The next token."""
        return self.tokens[self.at]

    def take(self) -> Word:
        """Return the next token and step over it."""
        token = self.tokens[self.at]
        if token.kind != "end":
            self.at += 1
        return token

    def mark(self, text: str) -> bool:
        """Step over a mark if it is next."""
        if self.here.kind == "mark" and self.here.text == text:
            self.at += 1
            return True
        return False

    def need_mark(self, text: str) -> None:
        """Step over a mark that has to be next."""
        if not self.mark(text):
            raise self.expected(text)

    def need(self, kind: str, what: str) -> Word:
        """Return the next token, which has to be of a kind."""
        if self.here.kind != kind:
            raise self.expected(what)
        return self.take()

    def expected(self, what: str) -> PlanError:
        """Make the error for something else than `what` standing here."""
        found = self.here.text if self.here.kind != "end" else "end of line"
        return PlanError("plan_text_expected", line=self.line, column=self.here.column, expected=what, found=found[:60])


def read_expression(cursor: Cursor, depth: int = 0) -> Expr:
    """Read a reference or a call."""
    if depth > _DEEPEST:
        raise PlanError("plan_text_deep", line=cursor.line, column=cursor.here.column)
    if cursor.here.kind == "string":
        return Ref(cursor.take().text)
    name = cursor.need("word", "a key in quotes or an op")
    if cursor.here.kind == "mark" and cursor.here.text == ":":
        return _reference(cursor, name.text)
    if cursor.here.kind == "mark" and cursor.here.text == "(":
        return _call(cursor, name, depth)
    raise cursor.expected("( or :")


def _reference(cursor: Cursor, name: str) -> Ref:
    cursor.need_mark(":")
    if name == "raw":
        return Ref(cursor.need("string", "a key in quotes").text, raw=True)
    if cursor.here.kind == "word" and cursor.here.text == "raw":
        cursor.take()
        cursor.need_mark(":")
        return Ref(cursor.need("string", "a key in quotes").text, name, raw=True)
    return Ref(cursor.need("string", "a key in quotes").text, name)


def _call(cursor: Cursor, name: Word, depth: int) -> Call:
    if name.text not in OPS:
        raise PlanError("op_unknown", op=name.text, line=cursor.line, column=name.column)
    cursor.need_mark("(")
    inputs: list[Expr] = []
    positional: list[Arg] = []
    args: dict[str, Arg] = {}
    while not cursor.mark(")"):
        if inputs or positional or args:
            cursor.need_mark(",")
        if _is_named(cursor):
            key = cursor.take()
            cursor.need_mark("=")
            if key.text in args:
                raise PlanError("plan_text_argument_twice", line=cursor.line, column=key.column, argument=key.text)
            args[key.text] = read_argument(cursor, depth + 1)
        elif _is_expression(cursor):
            inputs.append(read_expression(cursor, depth + 1))
        else:
            positional.append(read_argument(cursor, depth + 1))
    index = _index(cursor) if cursor.mark("[") else None
    return Call(name.text, tuple(inputs), _with_positional(cursor, name, positional, args), index)


def _is_named(cursor: Cursor) -> bool:
    follows = cursor.tokens[cursor.at + 1] if cursor.at + 1 < len(cursor.tokens) else cursor.here
    return cursor.here.kind == "word" and follows.kind == "mark" and follows.text == "="


def _is_expression(cursor: Cursor) -> bool:
    if cursor.here.kind == "string":
        return True
    follows = cursor.tokens[cursor.at + 1] if cursor.at + 1 < len(cursor.tokens) else cursor.here
    return cursor.here.kind == "word" and follows.kind == "mark" and follows.text in {"(", ":"}


def _with_positional(cursor: Cursor, name: Word, positional: list[Arg], args: dict[str, Arg]) -> dict[str, Arg]:
    slots = [parameter.name for parameter in op_named(name.text).parameters if parameter.positional]
    if len(positional) > len(slots):
        raise PlanError("plan_text_arguments", op=name.text, line=cursor.line, column=name.column, most=len(slots))
    out: dict[str, Arg] = dict(zip(slots, positional, strict=False))
    for key, value in args.items():
        if key in out:
            raise PlanError("plan_text_argument_twice", line=cursor.line, column=name.column, argument=key)
        out[key] = value
    return out


def _index(cursor: Cursor) -> int | str:
    token = cursor.take()
    if token.kind == "number" and _NUMBER.match(token.text):
        found: int | str = int(token.text)
    elif token.kind in {"formula", "word", "string"}:
        found = token.text
    else:
        cursor.at -= token.kind != "end"
        raise cursor.expected("which result")
    cursor.need_mark("]")
    return found


def read_argument(cursor: Cursor, depth: int = 0) -> Arg:
    """Read a literal, a list, an object, a name or `{arithmetic}`."""
    if depth > _DEEPEST:
        raise PlanError("plan_text_deep", line=cursor.line, column=cursor.here.column)
    if cursor.mark("["):
        return _items(cursor, "]", lambda: read_argument(cursor, depth + 1))
    if cursor.mark("{"):
        pairs = _items(cursor, "}", lambda: _pair(cursor, depth + 1))
        return dict(pairs)
    token = cursor.take()
    match token.kind:
        case "string" | "formula":
            return token.text
        case "number":
            return int(token.text) if _NUMBER.match(token.text) else float(token.text)
        case "word":
            return _CONSTANTS.get(token.text, token.text)
        case _:
            cursor.at -= token.kind != "end"
            raise cursor.expected("a value")


def _items(cursor: Cursor, end: str, read: Callable[[], _Item]) -> list[_Item]:
    out: list[_Item] = []
    while not cursor.mark(end):
        if out:
            cursor.need_mark(",")
        out.append(read())
    return out


def _pair(cursor: Cursor, depth: int) -> tuple[str, Arg]:
    key = cursor.need("string", "a name in quotes").text
    cursor.need_mark(":")
    return key, read_argument(cursor, depth)


def print_expression(expr: Expr) -> str:
    """Write an expression."""
    if isinstance(expr, Ref):
        return print_reference(expr)
    parts = [print_expression(inner) for inner in expr.inputs]
    left = dict(expr.args)
    op = OPS.get(expr.op)
    for parameter in op.parameters if op else ():
        if not parameter.positional or parameter.name not in left or isinstance(left[parameter.name], str):
            break
        parts.append(print_argument(left.pop(parameter.name)))
    parts += [f"{name}={print_argument(value)}" for name, value in left.items()]
    index = "" if expr.index is None else f"[{print_argument(expr.index)}]"
    return f"{expr.op}({', '.join(parts)}){index}"


def print_reference(ref: Ref) -> str:
    """Write a reference: `"key"`, `name:"key"`, `raw:"key"`, `name:raw:"key"`."""
    return f"{ref.source + ':' if ref.source else ''}{'raw:' if ref.raw else ''}{quote(ref.pattern)}"


def print_argument(value: Arg) -> str:
    """Write an argument."""
    if isinstance(value, str):
        return _print_text(value)
    if isinstance(value, list):
        return "[" + ", ".join(print_argument(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quote(key)}: {print_argument(item)}" for key, item in value.items()) + "}"
    if value is None:
        return "none"
    return json.dumps(value)


def _print_text(value: str) -> str:
    if is_word(value) and value not in _CONSTANTS:
        return value
    if is_formula(value):
        return value
    return quote(value)


def is_formula(value: object) -> bool:
    """Whether an argument is arithmetic in braces."""
    if not isinstance(value, str) or not value.startswith("{") or not value.endswith("}"):
        return False
    try:
        parse_formula(value[1:-1])
    except PlanError:
        return False
    return True
