"""Patterns at work: matching a key, and writing the key that placeholders' values give."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TypeAlias

from app.mapping.arithmetic import LARGEST, compute
from app.mapping.patterns import Hole, Kind, Literal, Part, Rest, Slot, Star, kinds_of, parse_pattern

Value: TypeAlias = int | str
"""What a placeholder stands for; a rest keeps its segments joined by `\\0`."""

Values: TypeAlias = dict[str, Value]
JOINT = "\0"
_INTEGER = r"(?<![0-9])(0|[1-9][0-9]{0,8})(?![0-9])"
_WHOLE_INTEGER = re.compile(r"(?:0|[1-9][0-9]{0,8})\Z", re.ASCII)


class Matcher:
    """One pattern for the keys of trees with one separator.

    slots -- formulas of the pattern; `match` gives their values under `#0`, `#1`, ...
    """

    def __init__(self, parts: tuple[Part, ...], separator: str, kinds: Mapping[str, Kind]) -> None:
        self.parts = parts
        self.separator = separator
        self.kinds = {part.name: kinds.get(part.name, part.kind or Kind()) for part in parts if isinstance(part, Hole)}
        self.slots = tuple(part.formula for part in parts if isinstance(part, Slot))
        self.fields = self._fields()
        self.regex = re.compile(self._regex(), re.DOTALL)

    def _fields(self) -> tuple[tuple[str, Kind | None], ...]:
        """Name and kind of each group of the regular expression; kind None for a rest."""
        out: list[tuple[str, Kind | None]] = []
        slot = 0
        for part in self.parts:
            if isinstance(part, Hole):
                out.append((part.name, self.kinds[part.name]))
            elif isinstance(part, Slot):
                out.append((f"#{slot}", Kind(integer=True)))
                slot += 1
            elif isinstance(part, Rest):
                out.append((part.name, None))
        return tuple(out)

    def _regex(self) -> str:
        out = []
        for part in self.parts:
            match part:
                case Literal(text):
                    out.append(re.escape(text))
                case Hole(name, _):
                    out.append(self._hole(self.kinds[name]))
                case Slot():
                    out.append(_INTEGER)
                case Rest():
                    out.append(f"([^{re.escape(self.separator)}].*)")
                case _:
                    out.append(".*")
        return "".join(out)

    def _hole(self, kind: Kind) -> str:
        if kind.integer:
            return _INTEGER
        if kind.texts:
            return "(" + "|".join(re.escape(text) for text in kind.texts) + ")"
        return f"([^{re.escape(self.separator)}]+)"

    def match(self, key: str) -> Values | None:
        """Values of the placeholders that make the pattern this key; None where there are none."""
        found = self.regex.fullmatch(key)
        if found is None:
            return None
        values: Values = {}
        for (name, kind), text in zip(self.fields, found.groups(), strict=True):
            if kind is None:
                values[name] = text.replace(self.separator, JOINT)
            elif kind.integer:
                number = int(text)
                if not kind.admits(number):
                    return None
                values[name] = number
            else:
                values[name] = text
        return values

    @property
    def constant(self) -> str | None:
        """The one key that the pattern stands for; None where it has placeholders."""
        if all(isinstance(part, Literal) for part in self.parts):
            return "".join(part.text for part in self.parts if isinstance(part, Literal))
        return None


def format_key(parts: tuple[Part, ...], values: Mapping[str, Value], separator: str) -> str | None:
    """Write the key; None where a computed integer is negative, too large or undefined."""
    out: list[str] = []
    for part in parts:
        match part:
            case Literal(text):
                out.append(text)
            case Hole(name, _):
                out.append(str(values[name]))
            case Rest(name):
                out.append(str(values[name]).replace(JOINT, separator))
            case Slot(formula):
                number = compute(formula, integers(values))
                if number is None or not 0 <= number <= LARGEST:
                    return None
                out.append(str(number))
            case Star():
                return None
    return "".join(out)


def integers(values: Mapping[str, Value]) -> dict[str, int]:
    """Those placeholders that are integers; a text of digits counts."""
    out: dict[str, int] = {}
    for name, value in values.items():
        if isinstance(value, int):
            out[name] = value
        elif _WHOLE_INTEGER.match(value):
            out[name] = int(value)
    return out


@lru_cache(maxsize=8192)
def _matcher(pattern: str, separator: str, kinds: tuple[tuple[str, Kind], ...]) -> Matcher:
    return Matcher(parse_pattern(pattern), separator, dict(kinds))


def matcher(pattern: str, separator: str = ".", kinds: Mapping[str, Kind] | None = None) -> Matcher:
    """Compile a pattern; `kinds` are those of the rule it stands in (else its own)."""
    known = kinds_of(parse_pattern(pattern)) if kinds is None else kinds
    return _matcher(pattern, separator, tuple(sorted(known.items())))
