"""Targets that hold arithmetic (`down.{3*i+j}`): the placeholders that do not stand bare there are found from the keys of the sources."""

from collections.abc import Mapping, Sequence

from app.mapping.arithmetic import compute, variables
from app.mapping.matching import matcher
from app.mapping.patterns import Kind, Part, Slot, bare_names, parse_pattern
from app.mapping.plan import Ref
from app.mapping.selection import Matched, Selector
from app.mapping.working import WorkingSource

Binding = dict[str, str]


class Solver:
    """Finds the values of placeholders that stand only inside formulas of a target pattern."""

    def __init__(self, target: tuple[Part, ...], refs: Sequence[tuple[Ref, WorkingSource | None]], kinds: Mapping[str, Kind]) -> None:
        self.slots = [part.formula for part in target if isinstance(part, Slot)]
        self.bare = tuple(bare_names(target))
        inside = dict.fromkeys(name for formula in self.slots for name in variables(formula))
        self.unknown = tuple(name for name in inside if name not in self.bare)
        self._refs = refs
        self._kinds = kinds
        self._index: dict[tuple[str, ...], list[tuple[str, ...]]] | None = None
        self._shared: tuple[str, ...] = ()

    def solve(self, matched: Matched) -> tuple[Matched, dict[str, list[str]]]:
        """Return the keys whose formulas hold, with the unknown placeholders filled in, and those that have several solutions."""
        if not self.slots:
            return matched, {}
        if not self.unknown:
            return self._checked(matched), {}
        index = self._solutions()
        columns = [matched.column(f"#{at}") for at in range(len(self.slots))] + [matched.column(name) for name in self._shared]
        keys, rows, clashes = [], [], {}
        for key, row, given in zip(matched.keys, matched.rows, zip(*columns, strict=True), strict=True):
            found = index.get(given)
            if found is None:
                continue
            keys.append(key)
            rows.append((*row, *found[0]))
            if len(found) > 1:
                clashes[key] = [", ".join(f"{name}={value}" for name, value in zip(self.unknown, one, strict=True)) for one in found]
        width = len(matched.rows[0]) if matched.rows else 0
        fragments = matched.fragments | {name: ("%s", (width + at,)) for at, name in enumerate(self.unknown)}
        return Matched(keys, rows, fragments), clashes

    def _checked(self, matched: Matched) -> Matched:
        keep = [True] * len(matched.keys)
        for at, formula in enumerate(self.slots):
            numbers = matched.numbers(Slot(formula))
            keep = [
                kept and number is not None and str(number) == text
                for kept, number, text in zip(keep, numbers, matched.column(f"#{at}"), strict=True)
            ]
        return matched if all(keep) else matched.kept(keep)

    def _solutions(self) -> dict[tuple[str, ...], list[tuple[str, ...]]]:
        """Index the bindings that the sources offer by what a target key shows of them."""
        if self._index is None:
            self._index = {}
            bindings = self._bindings()
            known = set(bindings[0]) if bindings else set()
            self._shared = tuple(name for name in self.bare if name in known)
            for binding in bindings:
                numbers = {name: int(value) for name, value in binding.items() if value.isdigit()}
                if any(name not in numbers for formula in self.slots for name in variables(formula)):
                    continue
                shown = (*(str(compute(formula, numbers)) for formula in self.slots), *(binding[name] for name in self._shared))
                solution = tuple(binding[name] for name in self.unknown)
                found = self._index.setdefault(shown, [])
                if solution not in found:
                    found.append(solution)
        return self._index

    def _bindings(self) -> list[Binding]:
        """Natural join of what the references match, over those that say something of the placeholders inside formulas."""
        wanted = {name for formula in self.slots for name in variables(formula)}
        joined: list[Binding] | None = None
        for ref, source in self._refs:
            names = [name for name in bare_names(parse_pattern(ref.pattern)) if name in wanted or name in self.bare]
            if source is None or not wanted.intersection(names):
                continue
            found = _matches(ref, source, names, self._kinds)
            joined = found if joined is None else _join(joined, found)
        return joined or []


def _matches(ref: Ref, source: WorkingSource, names: list[str], kinds: Mapping[str, Kind]) -> list[Binding]:
    selector = Selector(matcher(ref.pattern, source.tree.separator, kinds))
    out: dict[tuple[str, ...], None] = {}
    for family in source.folded_raw if ref.raw else source.folded:
        matched = selector.select(family)
        if matched is not None:
            out.update(dict.fromkeys(zip(*(matched.column(name) for name in names), strict=True)))
    return [dict(zip(names, values, strict=True)) for values in out]


def _join(left: list[Binding], right: list[Binding]) -> list[Binding]:
    if not left or not right:
        return []
    shared = [name for name in left[0] if name in right[0]]
    index: dict[tuple[str, ...], list[Binding]] = {}
    for binding in right:
        index.setdefault(tuple(binding[name] for name in shared), []).append(binding)
    return [one | other for one in left for other in index.get(tuple(one[name] for name in shared), ())]
