"""Binds at work on one target tree: which keys a bind claims, and what becomes of them."""

from collections.abc import Iterator, Mapping

from app.keys import KeyTree
from app.mapping.building import Builder
from app.mapping.errors import OpError
from app.mapping.fitting import fit
from app.mapping.matching import Matcher, matcher
from app.mapping.ops import Value
from app.mapping.outcomes import Reason, TargetOutcome
from app.mapping.patterns import parse_pattern, used_names
from app.mapping.plan import Bind, Ref
from app.mapping.resolution import Absent, Clash, Found, Gap, Resolver
from app.mapping.selection import Matched
from app.mapping.solving import Solver
from app.mapping.validation import refs, rule_kinds
from app.mapping.working import WorkingSource


class BoundRule:
    """One bind, ready for a target tree and its sources."""

    def __init__(self, index: int, rule: Bind, sources: Mapping[str, WorkingSource], target: KeyTree) -> None:
        self.index = index
        self.target = target
        kinds = rule_kinds(rule)
        parts = parse_pattern(rule.target)
        on_left = frozenset(used_names(parts))
        found = [(ref, sources.get(ref.source)) for ref in refs(rule.value)]
        self.matcher: Matcher = matcher(rule.target, target.separator, kinds)
        self.direct = isinstance(rule.value, Ref)
        self._solver = Solver(parts, found, kinds)
        self._resolvers = [Resolver(ref, source, on_left, kinds) for ref, source in found]
        self._builder = Builder(rule.value)

    def claims(self, matched: Matched) -> Iterator[tuple[str, TargetOutcome | Absent]]:
        """For each matched key its outcome; or what the bind lacks to claim it."""
        matched, clashes = self._solver.solve(matched)
        if not matched.keys:
            return
        columns = [resolver.column(matched) for resolver in self._resolvers]
        if self.direct and not clashes:
            yield from self._plain(matched, columns[0])
            return
        numbers = self._numbers(matched)
        for at, (key, found) in enumerate(zip(matched.keys, zip(*columns, strict=True), strict=True)):
            absent = next((one for one in found if isinstance(one, Absent)), None)
            if absent is not None:
                yield key, absent
            elif key in clashes:
                yield key, self._state("conflicting", Reason("several_solutions", {"solutions": "; ".join(clashes[key])}))
            else:
                yield key, self._outcome(key, list(found), {name: column[at] for name, column in numbers.items()})

    def _plain(self, matched: Matched, column: object) -> Iterator[tuple[str, TargetOutcome | Absent]]:
        """Binds without an op: nearly all keys of nearly all plans."""
        tensors, index = self.target.tensors, self.index
        for key, found in zip(matched.keys, column, strict=True):  # type: ignore[call-overload]
            if type(found) is tuple:
                leaf, info = found
                wanted = tensors[key]
                state, reason = fit(info.shape, info.dtype, wanted.shape, wanted.dtype)
                yield key, TargetOutcome(state, index, leaf, reason)
            elif isinstance(found, Absent):
                yield key, found
            else:
                yield key, self._outcome(key, [found], {})

    def _numbers(self, matched: Matched) -> dict[str, list[int]]:
        return {name: [int(text) if text.isdigit() else 0 for text in matched.column(name)] for name in self._builder.names}

    def _outcome(self, key: str, found: list[Found], numbers: Mapping[str, int]) -> TargetOutcome:
        for one in found:
            if isinstance(one, Clash):
                return self._state("conflicting", clash_reason(one))
            if isinstance(one, Gap):
                return self._state("mismatched", one.reason)
        wanted = self.target.tensors[key]
        try:
            value: Value = self._builder.build(found, numbers, wanted.shape)
        except OpError as error:
            return self._state("mismatched", Reason(error.code, dict(error.params)))
        state, reason = fit(value.shape, value.dtype, wanted.shape, wanted.dtype)
        return TargetOutcome(state, self.index, value.recipe, reason)

    def _state(self, state: str, reason: Reason) -> TargetOutcome:
        return TargetOutcome(state, self.index, None, reason)  # type: ignore[arg-type]


def clash_reason(clash: Clash) -> Reason:
    """Say which keys of the file have the same working name."""
    return Reason("several_sources", {"name": clash.name, "first": clash.keys[0], "second": clash.keys[1], "count": len(clash.keys)})
