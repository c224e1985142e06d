r"""The pattern language: one syntax for all rules.

========================  =====================================================================================
``layers.0``              itself; ``\{ \} \* \| \" \\`` stand for the characters
``{x}``                   one segment
``{x:int}``               a maximal run of ASCII digits, also inside a segment; ``i j k l m n e`` are integers by default
``{i:3..60}``             an integer from 3 to 60, both included
``{i:0|2|5..7}``          one of these integers
``{p:weight|bias}``       one of these texts
``{rest*}``               one or more segments, at the end
``*``                     any text, also none and also across segments
``{3*i+j+1}``             an integer computed from others
========================  =====================================================================================
"""

import re
from functools import lru_cache
from itertools import pairwise
from typing import TypeAlias

import msgspec

from app.mapping.arithmetic import Formula, parse_formula, print_formula, variables
from app.mapping.errors import PatternError

INTEGER_NAMES = frozenset("ijklmne")
_PLACEHOLDER = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\*)?(?::(.*))?\Z", re.ASCII | re.DOTALL)
_RANGE = re.compile(r"(0|[1-9][0-9]{0,8})(?:\.\.(0|[1-9][0-9]{0,8}))?\Z", re.ASCII)
_ESCAPED = frozenset('{}*|"\\')
_MOST_STARS = 2
_MOST_OPEN = 3
LONGEST = 10_000


class Kind(msgspec.Struct, frozen=True):
    """What a placeholder may stand for.

    integer -- whether its values are integers
    ranges  -- inclusive ranges of an integer; empty: any
    texts   -- alternatives of a text; empty: any one segment
    """

    integer: bool = False
    ranges: tuple[tuple[int, int], ...] = ()
    texts: tuple[str, ...] = ()

    def admits(self, number: int) -> bool:
        """Whether an integer lies in the ranges."""
        return not self.ranges or any(low <= number <= high for low, high in self.ranges)

    @property
    def numbers(self) -> tuple[int, ...] | None:
        """Every integer of the ranges, ascending; None where there are no ranges."""
        if not self.ranges:
            return None
        return tuple(sorted({number for low, high in self.ranges for number in range(low, high + 1)}))


TEXT = Kind()
INTEGER = Kind(integer=True)


class Literal(msgspec.Struct, frozen=True):
    """Text that stands for itself."""

    text: str


class Hole(msgspec.Struct, frozen=True):
    """A placeholder, `kind` None where the pattern says nothing and another pattern of the rule may."""

    name: str
    kind: Kind | None = None


class Slot(msgspec.Struct, frozen=True):
    """An integer that is computed from placeholders."""

    formula: Formula


class Rest(msgspec.Struct, frozen=True):
    """One or more segments at the end."""

    name: str


class Star(msgspec.Struct, frozen=True):
    """Any text."""


Part: TypeAlias = Literal | Hole | Slot | Rest | Star


def escape(text: str) -> str:
    """Write a text so that a pattern reads it as itself."""
    return "".join("\\" + char if char in _ESCAPED else char for char in text)


def _kind(constraint: str, pattern: str, column: int) -> Kind:
    if constraint == "int":
        return INTEGER
    if constraint == "str":
        return TEXT
    texts = _alternatives(constraint)
    found = [_RANGE.match(text) for text in texts]
    if all(found):
        ranges = tuple((int(match[1]), int(match[2] or match[1])) for match in found if match)
        if any(low > high for low, high in ranges) or sum(high - low for low, high in ranges) > 1_000_000:
            raise PatternError("pattern_range", pattern=pattern, column=column)
        return Kind(integer=True, ranges=ranges)
    if not all(texts):
        raise PatternError("pattern_alternative_empty", pattern=pattern, column=column)
    return Kind(texts=tuple(dict.fromkeys(texts)))


def _alternatives(constraint: str) -> list[str]:
    out, at, current = [], 0, ""
    while at < len(constraint):
        char = constraint[at]
        if char == "\\" and at + 1 < len(constraint):
            at += 1
            current += constraint[at]
        elif char == "|":
            out.append(current)
            current = ""
        else:
            current += char
        at += 1
    return [*out, current]


def _braced(pattern: str, start: int) -> int:
    """Index of the brace that closes the one at `start`."""
    at = start + 1
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            at += 2
            continue
        if char == "}":
            return at
        if char == "{":
            break
        at += 1
    raise PatternError("pattern_brace_open", pattern=pattern, column=start + 1)


def _placeholder(inside: str, pattern: str, column: int) -> Part:
    found = _PLACEHOLDER.match(inside)
    if found is None:
        formula = parse_formula(inside)
        if not variables(formula):
            raise PatternError("pattern_constant", pattern=pattern, column=column)
        return Slot(formula)
    name, many, constraint = found.groups()
    if many:
        if constraint is not None:
            raise PatternError("pattern_rest_typed", pattern=pattern, column=column)
        return Rest(name)
    if constraint is None:
        return Hole(name, INTEGER if name in INTEGER_NAMES else None)
    return Hole(name, _kind(constraint, pattern, column))


@lru_cache(maxsize=16_384)
def parse_pattern(pattern: str) -> tuple[Part, ...]:
    """Read a pattern into its parts; PatternError where it is none."""
    if not pattern or len(pattern) > LONGEST:
        raise PatternError("pattern_length", pattern=pattern[:40], column=1)
    parts: list[Part] = []
    text, at = "", 0

    def flush() -> None:
        nonlocal text
        if text:
            parts.append(Literal(text))
            text = ""

    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            if at + 1 >= len(pattern) or pattern[at + 1] not in _ESCAPED:
                raise PatternError("pattern_escape", pattern=pattern, column=at + 1)
            text += pattern[at + 1]
            at += 2
        elif char == "{":
            end = _braced(pattern, at)
            flush()
            parts.append(_placeholder(pattern[at + 1 : end], pattern, at + 1))
            at = end + 1
        elif char == "}":
            raise PatternError("pattern_brace_closed", pattern=pattern, column=at + 1)
        elif char == "*":
            flush()
            parts.append(Star())
            at += 1
        else:
            text += char
            at += 1
    flush()
    _check(parts, pattern)
    return tuple(parts)


def _check(parts: list[Part], pattern: str) -> None:
    if any(isinstance(part, Rest) for part in parts[:-1]):
        raise PatternError("pattern_rest_inside", pattern=pattern, column=1)
    if sum(isinstance(part, Star) for part in parts) > _MOST_STARS:
        raise PatternError("pattern_stars", pattern=pattern, column=1, most=_MOST_STARS)
    if _most_open(parts) > _MOST_OPEN:
        raise PatternError("pattern_open", pattern=pattern, column=1, most=_MOST_OPEN)
    named = [part.name for part in parts if isinstance(part, Hole | Rest)]
    if len(set(named)) < len(named):
        raise PatternError("pattern_name_twice", pattern=pattern, column=1)
    for left, right in pairwise(parts):
        if not isinstance(left, Literal) and not isinstance(right, Literal):
            raise PatternError("pattern_side_by_side", pattern=pattern, column=1)
        if (_ends_in_digit(left) and _is_integer(right)) or (_is_integer(left) and _starts_with_digit(right)):
            raise PatternError("pattern_digits_touch", pattern=pattern, column=1)


def _most_open(parts: list[Part]) -> int:
    """Count placeholders of any text within one segment, where only trying tells where each ends."""
    most = count = 0
    for part in parts:
        if isinstance(part, Literal) and ("." in part.text or "/" in part.text):
            count = 0
        elif isinstance(part, Hole) and (part.kind is None or part.kind == TEXT):
            count += 1
            most = max(most, count)
    return most


def _is_integer(part: Part) -> bool:
    return isinstance(part, Slot) or (isinstance(part, Hole) and part.kind is not None and part.kind.integer)


def _ends_in_digit(part: Part) -> bool:
    return isinstance(part, Literal) and part.text[-1] in "0123456789"


def _starts_with_digit(part: Part) -> bool:
    return isinstance(part, Literal) and part.text[0] in "0123456789"


def print_parts(parts: tuple[Part, ...]) -> str:
    """Write parts as a pattern."""
    return "".join(_print_part(part) for part in parts)


def _print_part(part: Part) -> str:
    match part:
        case Literal(text):
            return escape(text)
        case Hole(name, kind):
            return "{" + name + _print_kind(name, kind) + "}"
        case Slot(formula):
            return "{" + print_formula(formula) + "}"
        case Rest(name):
            return "{" + name + "*}"
        case _:
            return "*"


def _print_kind(name: str, kind: Kind | None) -> str:
    if kind is None or (kind == INTEGER and name in INTEGER_NAMES):
        return ""
    if kind == INTEGER:
        return ":int"
    if kind.ranges:
        return ":" + "|".join(str(low) if low == high else f"{low}..{high}" for low, high in kind.ranges)
    if kind.texts:
        return ":" + "|".join(escape(text) for text in kind.texts)
    return ":str" if name in INTEGER_NAMES else ""


def bare_names(parts: tuple[Part, ...]) -> tuple[str, ...]:
    """Placeholders that stand by themselves, the rest included."""
    return tuple(part.name for part in parts if isinstance(part, Hole | Rest))


def used_names(parts: tuple[Part, ...]) -> tuple[str, ...]:
    """Placeholders that stand by themselves or inside a formula."""
    out: list[str] = []
    for part in parts:
        if isinstance(part, Hole | Rest):
            out.append(part.name)
        elif isinstance(part, Slot):
            out.extend(variables(part.formula))
    return tuple(dict.fromkeys(out))


def kinds_of(*patterns: tuple[Part, ...]) -> dict[str, Kind]:
    """Kind of each placeholder of one rule: the first pattern that says more than "any" decides."""
    kinds: dict[str, Kind] = {}
    for parts in patterns:
        for part in parts:
            if isinstance(part, Hole):
                known = kinds.get(part.name)
                if known is None or (part.kind is not None and (known == TEXT or (known == INTEGER and part.kind.ranges))):
                    kinds[part.name] = part.kind or TEXT
            elif isinstance(part, Slot):
                for name in variables(part.formula):
                    if kinds.get(name) in {None, TEXT}:
                        kinds[name] = INTEGER
    return kinds
