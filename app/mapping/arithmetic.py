"""Integer arithmetic over placeholders: `3*i+j+1`, `4-i`, `i//2`, `(i+1)%4`. Parsed into values, never evaluated as code."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Literal, TypeAlias

import msgspec

from app.mapping.errors import PatternError

LARGEST = 999_999_999
_TOKEN = re.compile(r"\s*(?:([0-9]+)|([A-Za-z_][A-Za-z0-9_]*)|(//|[-+*%()]))", re.ASCII)
_DEEPEST = 20
MINUS, OPEN = "-", "("


class Number(msgspec.Struct, frozen=True):
    """A literal."""

    value: int


class Variable(msgspec.Struct, frozen=True):
    """A placeholder."""

    name: str


class Operation(msgspec.Struct, frozen=True):
    """Two operands and what joins them."""

    sign: Literal["+", "-", "*", "//", "%"]
    left: "Formula"
    right: "Formula"


Formula: TypeAlias = Number | Variable | Operation


class _Reader:
    """Recursive descent over the tokens of one formula."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[str] = []
        at = 0
        end = len(text.rstrip())
        while at < end:
            found = _TOKEN.match(text, at)
            if found is None:
                raise PatternError("arithmetic_unreadable", text=text, column=at + 1)
            self.tokens.append(found[0].strip())
            at = found.end()
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        self.at += 1
        return token

    def sum(self, depth: int = 0) -> Formula:
        left = self.product(depth)
        while (sign := self.peek()) in {"+", "-"}:
            self.at += 1
            left = Operation(sign, left, self.product(depth))  # type: ignore[arg-type]
        return left

    def product(self, depth: int) -> Formula:
        left = self.factor(depth)
        while (sign := self.peek()) in {"*", "//", "%"}:
            self.at += 1
            left = Operation(sign, left, self.factor(depth))  # type: ignore[arg-type]
        return left

    def factor(self, depth: int) -> Formula:
        token = self.take()
        if depth > _DEEPEST or not token:
            raise PatternError("arithmetic_unreadable", text=self.text, column=1)
        if token.isdigit() and len(token) <= 9:
            return Number(int(token))
        if token == MINUS:
            return Operation("-", Number(0), self.factor(depth + 1))
        if token == OPEN:
            inner = self.sum(depth + 1)
            if self.take() != ")":
                raise PatternError("arithmetic_unreadable", text=self.text, column=1)
            return inner
        if token[0].isalpha() or token[0] == "_":
            return Variable(token)
        raise PatternError("arithmetic_unreadable", text=self.text, column=1)


@lru_cache(maxsize=4096)
def parse_formula(text: str) -> Formula:
    """Read a formula; PatternError `arithmetic_unreadable` where it is none."""
    reader = _Reader(text)
    formula = reader.sum()
    if reader.peek():
        raise PatternError("arithmetic_unreadable", text=text, column=1)
    return formula


@lru_cache(maxsize=4096)
def variables(formula: Formula) -> tuple[str, ...]:
    """Names of the placeholders in a formula, each once, in order."""
    if isinstance(formula, Variable):
        return (formula.name,)
    if isinstance(formula, Number):
        return ()
    return tuple(dict.fromkeys(variables(formula.left) + variables(formula.right)))


_APPLY: dict[str, Callable[[int, int], int | None]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "//": lambda a, b: a // b if b else None,
    "%": lambda a, b: a % b if b else None,
}


def compute(formula: Formula, values: Mapping[str, int]) -> int | None:
    """Value of a formula; None where it divides by zero."""
    if isinstance(formula, Number):
        return formula.value
    if isinstance(formula, Variable):
        return values[formula.name]
    left, right = compute(formula.left, values), compute(formula.right, values)
    if left is None or right is None:
        return None
    return _APPLY[formula.sign](left, right)


def print_formula(formula: Formula) -> str:
    """Write a formula, without spaces and with the brackets it needs."""
    if isinstance(formula, Number):
        return str(formula.value)
    if isinstance(formula, Variable):
        return formula.name
    left, right = print_formula(formula.left), print_formula(formula.right)
    if formula.sign not in {"+", "-"}:
        left = _bracketed(formula.left, left)
        right = f"({right})" if isinstance(formula.right, Operation) else right
    elif isinstance(formula.right, Operation) and formula.right.sign in {"+", "-"}:
        right = f"({right})"
    if formula.sign == "-" and formula.left == Number(0):
        return f"-{_bracketed(formula.right, right) if not right.startswith('(') else right}"
    return f"{left}{formula.sign}{right}"


def _bracketed(formula: Formula, text: str) -> str:
    return f"({text})" if isinstance(formula, Operation) and formula.sign in {"+", "-"} else text
