"""Tables over keys as displays with comprehensions: a family of keys is one line."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from app.exporting.grouping import VARIABLES, Domain, by_segment, domain_of
from app.exporting.layout import Comprehension, Group, Node, row
from app.exporting.literals import literal, template_literal


def clauses(domain: Domain) -> tuple[str, ...]:
    """Write the `for` clauses of a comprehension over a domain."""
    names = VARIABLES[: domain.width]
    if domain.axes:
        return tuple(f"for {name} in {span(axis)}" for name, axis in zip(names, domain.axes, strict=True))
    if not domain.rows:
        return ()
    if domain.width == 1:
        return (f"for {names[0]} in {span(tuple(vector[0] for vector in domain.rows))}",)
    return (f"for {', '.join(names)} in {domain.rows!r}",)


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


def folded(entries: Mapping[str, object]) -> list[tuple[str, Domain, object]]:
    """Fold keys that are equal but for integers and have one value: (key as a literal, domain, value)."""
    groups: dict[tuple[tuple[str, ...], object], list[tuple[int, ...]]] = {}
    for key, value in entries.items():
        parts, vector = by_segment(key)
        groups.setdefault((parts, _hashable(value)), []).append(vector)
    out = []
    for (parts, _), vectors in groups.items():
        moving = [index for index in range(len(vectors[0])) if len({vector[index] for vector in vectors}) > 1]
        pieces: list[tuple[str, str]] = []
        text = parts[0]
        for index, part in enumerate(parts[1:]):
            if index in moving:
                pieces.append((text, VARIABLES[moving.index(index)]))
                text = part
            else:
                text += f"{vectors[0][index]}{part}"
        domain = domain_of(tuple(vector[index] for index in moving) for vector in vectors)
        first = "".join(part + str(number) for part, number in zip(parts, vectors[0], strict=False)) + parts[-1]
        out.append((template_literal([*pieces, (text, "")]), domain, entries[first]))
    return out


def _hashable(value: object) -> object:
    try:
        hash(value)
    except TypeError:
        return repr(value)
    return value


def mapping_display(entries: Mapping[str, object]) -> Node:
    """Lay out a dictionary of keys."""
    items: list[Node] = []
    for key, domain, value in folded(entries):
        item = row(key, ": ", literal(value))
        items.append(Comprehension("**{", item, clauses(domain), "}") if domain.width else item)
    return Group("{", tuple(items), "}")


def set_display(keys: Iterable[str]) -> Node:
    """Lay out a frozenset of keys."""
    found = folded(dict.fromkeys(keys))
    if not found:
        return "frozenset()"
    items = tuple(Comprehension("*(", key, clauses(domain), ")") if domain.width else key for key, domain, _ in found)
    return row("frozenset(", Group("{", items, "}"), ")")
