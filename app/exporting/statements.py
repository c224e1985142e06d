"""The body of `remapped`: loops over families, one statement for each."""

import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TypeVar

from app.exporting.expressions import TAIL, Pieces, Printer
from app.exporting.grouping import VARIABLES, Domain, grouped
from app.exporting.layout import Node, lines, row, tuple_of
from app.exporting.literals import template_literal, text_literal
from app.exporting.tables import span
from app.exporting.tails import Tailed, tailed
from app.mapping.outcomes import Recipe

KeyT = TypeVar("KeyT", bound=Hashable)
Item = TypeVar("Item")
Leads = list[tuple[str, Pieces]]
_NAMES = ("new", "old")
_MARKS = "./"
_VARIABLE = re.compile(r"[a-z]\w*")
_LONG_LEAD = 12


def statements(assignments: Mapping[str, Recipe], *, qualified: bool, depth: int = 1) -> tuple[list[str], set[str]]:
    """Write the assignments as code, indented by `depth`; and name the kernels that the code calls."""
    out: list[str] = []
    needed: set[str] = set()
    for domain, groups in _together(tailed(grouped(assignments)), lambda each: each.group.domain):
        inner = depth
        for header in _headers(domain):
            out.extend(lines(header, inner, after=":"))
            inner += 1
        block, kernels = _block(domain, groups, inner, qualified=qualified)
        out.extend(block)
        needed |= kernels
    return out, needed


def _together(items: Iterable[Item], of: Callable[[Item], KeyT]) -> list[tuple[KeyT, list[Item]]]:
    """Put items of one kind where the first of them stands."""
    found: dict[KeyT, list[Item]] = {}
    for item in items:
        found.setdefault(of(item), []).append(item)
    return list(found.items())


def _block(domain: Domain, groups: Sequence[Tailed], depth: int, *, qualified: bool) -> tuple[list[str], set[str]]:
    """Write what one loop holds; where lines would be broken, what the keys begin with gets a name first."""

    def written(members: Sequence[Tailed], leads: Leads) -> tuple[list[str], list[Printer]]:
        return _body(domain, members, depth, leads, qualified=qualified)

    body, printers = written(groups, [])
    needed = set[str]().union(*(printer.needed for printer in printers))
    if len(body) <= len(groups) + len({each.tails for each in groups}):
        return body, needed
    leads = _leads(printers)
    kinds = [(None, groups)] if len(leads) == len(_NAMES) else _together(groups, lambda each: _heads(each, domain, qualified=qualified))
    out: list[str] = []
    for _, members in kinds:
        plain, own = written(members, [])
        leads = _leads(own) if len(members) > 1 else []
        given = [text for name, lead in leads for text in lines(template_literal(lead), depth, before=f"{name} = ")]
        named, _ = written(members, leads)
        out += [*given, *named] if len(given) + len(named) < len(plain) else plain
    return (out if len(out) < len(body) else body), needed


def _heads(each: Tailed, domain: Domain, *, qualified: bool) -> tuple[Pieces, ...]:
    """Name the parents that a statement's keys stand under: each key up to the segment of its last variable."""
    printer = Printer(each.group, VARIABLES[: domain.width], qualified=qualified)
    printer.target()
    printer.expression(each.group.shape)
    return tuple(dict.fromkeys(_head(key, set(printer.names)) for key in printer.keys))


def _head(key: Pieces, known: AbstractSet[str]) -> Pieces:
    count = next((at for at, (_, expression) in enumerate(key) if not expression or not _variables(expression) <= known), len(key) - 1)
    text = key[count][0]
    return (*key[:count], (text[: _segment(text)], ""))


def _variables(expression: str) -> set[str]:
    return set(_VARIABLE.findall(expression))


def _segment(text: str) -> int:
    return min((at for mark in _MARKS if (at := text.find(mark)) >= 0), default=len(text))


def _body(
    domain: Domain, groups: Sequence[Tailed], depth: int, leads: Sequence[tuple[str, Pieces]], *, qualified: bool
) -> tuple[list[str], list[Printer]]:
    """Write one statement for each group, those of the same last words in one loop over them."""
    out: list[str] = []
    printers = []
    for tails, members in _together(groups, lambda each: each.tails):
        inner = depth
        if tails:
            out.extend(lines(row(f"for {TAIL} in ", tuple_of([text_literal(tail) for tail in tails])), inner, after=":"))
            inner += 1
        for each in members:
            printer = Printer(each.group, VARIABLES[: domain.width], qualified=qualified, tailed=bool(tails), leads=leads)
            out.extend(lines(tuple_of([printer.target(), printer.expression(each.group.shape)]), inner, before="yield "))
            printers.append(printer)
    return out, printers


def _leads(printers: Sequence[Printer]) -> Leads:
    """Find what all target keys, and what all source keys, begin with: up to a separator, and with a variable in it."""
    sides = ([printer.keys[0] for printer in printers], [key for printer in printers for key in printer.keys[1:]])
    known = set(printers[0].names)
    found = [(name, _common(keys, known)) for name, keys in zip(_NAMES, sides, strict=True)]
    return [(name, lead) for name, lead in found if any(expression for _, expression in lead)]


def _common(keys: Sequence[Pieces], known: AbstractSet[str]) -> Pieces:
    """Cut the longest common beginning at its last separator; empty where it is short, so that a name would say less than it.

    known -- variables of the loops; those of comprehensions mean nothing outside of them
    """
    first, *others = keys
    count = 0
    while (
        count < len(first) - 1
        and _variables(first[count][1]) <= known
        and all(len(key) > count + 1 and key[count] == first[count] for key in others)
    ):
        count += 1
    texts = [key[count][0] if len(key) > count else "" for key in keys]
    same = next((at for at, letters in enumerate(zip(*texts, strict=False)) if len(set(letters)) > 1), min(map(len, texts)))
    cut = max(texts[0][:same].rfind(mark) for mark in _MARKS)
    if not count or cut < 0:
        return ()
    lead = (*first[:count], (texts[0][:cut], ""))
    return lead if sum(len(text) + len(expression) for text, expression in lead) >= _LONG_LEAD else ()


def _headers(domain: Domain) -> list[Node]:
    names = VARIABLES[: domain.width]
    if domain.axes:
        return [f"for {name} in {span(axis)}" for name, axis in zip(names, domain.axes, strict=True)]
    if not domain.rows:
        return []
    if domain.width == 1:
        return [f"for {names[0]} in {span(tuple(vector[0] for vector in domain.rows))}"]
    return [row(f"for {', '.join(names)} in ", tuple_of([tuple_of([str(number) for number in vector]) for vector in domain.rows]))]
