"""The body of `remapped`: loops over families, one statement for each."""

from collections.abc import Mapping

from app.exporting.expressions import Printer
from app.exporting.grouping import VARIABLES, Domain, Group, grouped
from app.exporting.layout import Node, lines, row, tuple_of
from app.exporting.tables import span
from app.mapping.outcomes import Recipe


def statements(assignments: Mapping[str, Recipe], *, qualified: bool, depth: int = 1) -> tuple[list[str], set[str]]:
    """Write the assignments as code, indented by `depth`; and name the kernels that the code calls."""
    out: list[str] = []
    needed: set[str] = set()
    for domain, groups in _by_domain(grouped(assignments)):
        inner = depth
        for header in _headers(domain):
            out.extend(lines(header, inner, after=":"))
            inner += 1
        for group in groups:
            printer = Printer(group, VARIABLES[: domain.width], qualified=qualified)
            key = printer.key(group.target, group.places)
            out.extend(lines(tuple_of([key, printer.expression(group.shape)]), inner, before="yield "))
            needed |= printer.needed
    return out, needed


def _by_domain(groups: list[Group]) -> list[tuple[Domain, list[Group]]]:
    """Put groups that run over the same values into one loop, where the first of them stands."""
    found: dict[Domain, list[Group]] = {}
    for group in groups:
        found.setdefault(group.domain, []).append(group)
    return list(found.items())


def _headers(domain: Domain) -> list[Node]:
    names = VARIABLES[: domain.width]
    if domain.axes:
        return [f"for {name} in {span(axis)}" for name, axis in zip(names, domain.axes, strict=True)]
    if not domain.rows:
        return []
    if domain.width == 1:
        return [f"for {names[0]} in {span(tuple(vector[0] for vector in domain.rows))}"]
    return [row(f"for {', '.join(names)} in ", tuple_of([tuple_of([str(number) for number in vector]) for vector in domain.rows]))]
