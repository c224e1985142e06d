"""Tables over keys as displays with comprehensions: a family of keys is one line."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from app.exporting.grouping import VARIABLES, by_segment
from app.exporting.layout import Comprehension, Group, Node, row
from app.exporting.literals import literal, template_literal
from app.exporting.numbers import Vector


def clauses(axes: Sequence[tuple[int, ...]]) -> tuple[str, ...]:
    """Write the `for` clauses of a comprehension over a product."""
    return tuple(f"for {name} in {span(axis)}" for name, axis in zip(VARIABLES, axes, strict=False))


def products(rows: Sequence[Vector]) -> list[tuple[tuple[int, ...], ...]]:
    """Cut rows into products of value lists: values of the first place that are followed by the same rest go together."""
    if not rows or not rows[0]:
        return [()]
    rests: dict[int, list[Vector]] = {}
    for head, *rest in sorted(rows):
        rests.setdefault(head, []).append(tuple(rest))
    heads: dict[tuple[Vector, ...], list[int]] = {}
    for head, following in rests.items():
        heads.setdefault(tuple(following), []).append(head)
    return [(tuple(values), *axes) for following, values in heads.items() for axes in products(following)]


def span(values: Sequence[int]) -> str:
    """Write values that a variable takes: a range where they are one."""
    if len(values) == 1:
        return f"({values[0]},)"
    step = values[1] - values[0]
    if all(later - earlier == step for earlier, later in pairwise(values)) and (step == 1 or len(values) > 2):
        start, stop = values[0], values[-1] + (1 if step > 0 else -1)
        if step == 1:
            return f"range({stop})" if start == 0 else f"range({start}, {stop})"
        return f"range({start}, {stop}, {step})"
    return repr(tuple(values))


def folded(entries: Mapping[str, object]) -> list[tuple[str, tuple[str, ...], object]]:
    """Fold keys that are equal but for integers and have one value: (key as a literal, `for` clauses, value)."""
    groups: dict[tuple[tuple[str, ...], object], list[Vector]] = {}
    values: dict[object, object] = {}
    for key, value in entries.items():
        parts, vector = by_segment(key)
        kind = _hashable(value)
        values[kind] = value
        groups.setdefault((parts, kind), []).append(vector)
    out = []
    for (parts, kind), vectors in groups.items():
        for axes in products(vectors):
            moving = [axis for axis in axes if len(axis) > 1]
            out.append((_template(parts, axes), clauses(moving), values[kind]))
    return out


def _template(parts: Sequence[str], axes: Sequence[tuple[int, ...]]) -> str:
    """Write a key of a family: a variable where its integers vary."""
    pieces: list[tuple[str, str]] = []
    text = parts[0]
    names = iter(VARIABLES)
    for axis, part in zip(axes, parts[1:], strict=True):
        if len(axis) > 1:
            pieces.append((text, next(names)))
            text = part
        else:
            text += f"{axis[0]}{part}"
    return template_literal([*pieces, (text, "")])


def _hashable(value: object) -> object:
    try:
        hash(value)
    except TypeError:
        return repr(value)
    return value


def mapping_display(entries: Mapping[str, object]) -> Node:
    """Lay out a dictionary of keys."""
    items: list[Node] = []
    for key, loops, value in folded(entries):
        item = row(key, ": ", literal(value))
        items.append(Comprehension("**{", item, loops, "}") if loops else item)
    return Group("{", tuple(items), "}")


def set_display(keys: Iterable[str]) -> Node:
    """Lay out a frozenset of keys."""
    found = folded(dict.fromkeys(keys))
    if not found:
        return "frozenset()"
    items = tuple(Comprehension("*(", key, loops, ")") if loops else key for key, loops, _ in found)
    return row("frozenset", Group("(", (Group("{", items, "}"),), ")", lone=True))
