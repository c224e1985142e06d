"""A rule over many keys, made to leave some of them out.

The language has no "except". A key that is left out has its own values of the placeholders, so the first placeholder is limited to the values
under which nothing is left out, and for each of the others it is fixed and the next placeholder is looked at.
"""

from collections.abc import Collection, Sequence

from app.mapping.matching import Value, Values, matcher
from app.mapping.patterns import Hole, Kind, Literal, Part, parse_pattern, print_parts

MOST = 8
"""Patterns that one may become; more would hide what is meant."""


def without(pattern: str, kept: Sequence[str], left_out: Collection[str], separator: str) -> list[str] | None:
    """Patterns that match the kept keys of `pattern` and none that is left out; None where that takes too many, or formulas stand in it."""
    parts = parse_pattern(pattern)
    if not all(isinstance(part, Literal | Hole) for part in parts):
        return None
    found = matcher(pattern, separator)
    names = list(dict.fromkeys(part.name for part in parts if isinstance(part, Hole)))
    rows = [(values, key in left_out) for key in (*kept, *left_out) if (values := found.match(key)) is not None]
    limits = _limits(rows, names)
    if len(limits) > MOST:
        return None
    return [print_parts(tuple(_limited(part, limit, found.kinds) for part in parts)) for limit in limits]


Limit = dict[str, tuple[Value, ...]]


def _limits(rows: Sequence[tuple[Values, bool]], names: Sequence[str]) -> list[Limit]:
    """For each pattern the values that placeholders may take; a placeholder that is not named is free."""
    if not any(out for _, out in rows):
        return [{}] if rows else []
    if not names:
        return []
    name, *others = names
    by_value: dict[Value, list[tuple[Values, bool]]] = {}
    for row in rows:
        by_value.setdefault(row[0][name], []).append(row)
    whole = tuple(value for value, members in by_value.items() if not any(out for _, out in members))
    limits: list[Limit] = [{name: whole}] if whole else []
    for value, members in by_value.items():
        if value not in whole:
            limits.extend({name: (value,)} | limit for limit in _limits(members, others))
    return limits


def _limited(part: Part, limit: Limit, kinds: dict[str, Kind]) -> Part:
    if not isinstance(part, Hole) or part.name not in limit:
        return part
    values = limit[part.name]
    if kinds[part.name].integer:
        return Hole(part.name, Kind(integer=True, ranges=_ranges([int(value) for value in values])))
    return Hole(part.name, Kind(texts=tuple(str(value) for value in values)))


def _ranges(values: Sequence[int]) -> tuple[tuple[int, int], ...]:
    out: list[tuple[int, int]] = []
    for value in sorted(values):
        if out and value == out[-1][1] + 1:
            out[-1] = (out[-1][0], value)
        else:
            out.append((value, value))
    return tuple(out)
