"""Binds at work on one target tree: which keys a bind claims, and what becomes of them."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import msgspec

from app.keys import KeyTree, TensorInfo
from app.mapping.building import Builder
from app.mapping.errors import OpError
from app.mapping.expressions import print_expression
from app.mapping.fitting import fit
from app.mapping.matching import Matcher, matcher
from app.mapping.ops import Value
from app.mapping.outcomes import Leaf, Reason, TargetOutcome
from app.mapping.patterns import Part, Slot, parse_pattern, used_names
from app.mapping.plan import Bind, Call, Ref
from app.mapping.resolution import Absent, Clash, Found, Gap, Resolver, Several
from app.mapping.selection import Matched
from app.mapping.solving import Solver
from app.mapping.validation import refs, rule_kinds
from app.mapping.working import WorkingSource

Lack: TypeAlias = tuple[int, str]
"""Index of a bind, and the first source key that it lacks."""


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
        self._solver = Solver(parts, found, kinds)
        self._resolvers = [Resolver(ref, source, on_left, kinds) for ref, source in found]
        self._builder = Builder(rule.value)
        self.matcher_text = print_expression(rule.value)
        self._op = rule.value.op if isinstance(rule.value, Call) and rule.value.op != "identity" else ""
        self._plain = _plain(rule, found, on_left, parts)

    def fill(self, matched: Matched, found: dict[str, TargetOutcome], lacking: dict[str, Lack | None]) -> None:
        """Claim matched keys: outcomes go into `found`, keys whose sources do not all exist into `lacking`, with the first lack of all binds."""
        if self._plain is not None:
            self._fill_plainly(self._plain, matched, found, lacking)
            return
        given = matched.keys
        matched, clashes = self._solver.solve(matched)
        if len(matched.keys) < len(given):
            for key in given:
                lacking.setdefault(key, None)
        if not matched.keys:
            return
        columns = [resolver.column(matched) for resolver in self._resolvers]
        numbers = self._numbers(matched)
        for at, (key, parts) in enumerate(zip(matched.keys, zip(*columns, strict=True), strict=True)):
            absent = next((one for one in parts if isinstance(one, Absent)), None)
            if absent is not None:
                lacking[key] = lacking.get(key) or (self.index, absent.name)
            elif key in clashes:
                found[key] = self._state("conflicting", Reason("several_solutions", {"solutions": "; ".join(clashes[key])}))
            else:
                found[key] = self._outcome(key, list(parts), {name: column[at] for name, column in numbers.items()})

    @property
    def label(self) -> str:
        """Name of the only source of a plain bind."""
        return self._plain.label if self._plain is not None else ""

    def lacking(self, matched: Matched) -> str | None:
        """The form of key that a plain bind would take for all matched keys, where its source has none of that form."""
        if self._plain is None:
            return None
        template = matched.template(self._plain.parts, self._plain.separator)
        return template if template is not None and template not in self._plain.templates else None

    def owners(self, matched: Matched) -> Sequence[str | None] | None:
        """The source key that each matched key would take, None where it is lacking; nothing at all where this bind has an op or arithmetic."""
        plain = self._plain
        if plain is None:
            return None
        if self.lacking(matched) is not None:
            return [None] * len(matched.keys)
        return [*map(plain.owners.get, matched.write(plain.parts, plain.separator))]  # type: ignore[arg-type]

    def _fill_plainly(self, plain: "_Plain", matched: Matched, found: dict[str, TargetOutcome], lacking: dict[str, Lack | None]) -> None:
        """Claim by a bind without an op and without arithmetic on its left: nearly all keys of nearly all plans."""
        tensors, index, label = self.target.tensors, self.index, plain.label
        owner_of, infos = plain.owners.get, plain.tensors
        template = self.lacking(matched)
        if template is not None:
            lack = (index, template)
            lacking.update({key: lacking.get(key) or lack for key in matched.keys} if lacking else dict.fromkeys(matched.keys, lack))
            return
        for key, name in zip(matched.keys, matched.write(plain.parts, plain.separator), strict=True):
            owner = owner_of(name)  # type: ignore[arg-type]
            if owner is None:
                if key not in lacking:
                    lacking[key] = (index, name or self.matcher_text)
                continue
            info, wanted = infos[owner], tensors[key]
            if info.shape == wanted.shape and info.dtype == wanted.dtype and info.shape is not None:
                found[key] = TargetOutcome("loaded", index, Leaf(owner, label))
            else:
                state, reason = fit(info.shape, info.dtype, wanted.shape, wanted.dtype)
                found[key] = TargetOutcome(state, index, Leaf(owner, label), reason)

    def _numbers(self, matched: Matched) -> dict[str, list[int]]:
        return {name: [int(text) if text.isdigit() else 0 for text in matched.column(name)] for name in self._builder.names}

    def _outcome(self, key: str, found: list[Found], numbers: Mapping[str, int]) -> TargetOutcome:
        for one in found:
            if isinstance(one, Clash):
                return self._state("conflicting", clash_reason(one))
            if isinstance(one, Gap):
                return self._state("mismatched", one.reason)
        counts = [len(one.leaves) for one in found if isinstance(one, Several)]
        if len(set(counts)) > 1:
            return self._state("mismatched", Reason("gather_uneven", {"first": min(counts), "second": max(counts)}))
        wanted = self.target.tensors[key]
        try:
            value: Value = self._builder.build(found, numbers, wanted.shape)
        except OpError as error:
            return self._state("mismatched", Reason(error.code, dict(error.params)))
        state, reason = fit(value.shape, value.dtype, wanted.shape, wanted.dtype)
        if reason is None and self._op and isinstance(value.recipe, Leaf):
            reason = Reason("op_unchanged", {"op": self._op})
        return TargetOutcome(state, self.index, value.recipe, reason)

    def _state(self, state: str, reason: Reason) -> TargetOutcome:
        return TargetOutcome(state, self.index, None, reason)  # type: ignore[arg-type]


class _Plain(msgspec.Struct, frozen=True):
    """The only reference of a bind without an op, where nothing about it can clash or gather."""

    parts: tuple[Part, ...]
    separator: str
    label: str
    owners: dict[str, str]
    tensors: dict[str, TensorInfo]
    templates: frozenset[str]


def _plain(rule: Bind, found: list[tuple[Ref, WorkingSource | None]], on_left: frozenset[str], target: tuple[Part, ...]) -> _Plain | None:
    ref, source = found[0]
    if not isinstance(rule.value, Ref) or source is None or any(isinstance(part, Slot) for part in target):
        return None
    parts = parse_pattern(ref.pattern)
    if (source.rivals and not ref.raw) or any(name not in on_left for name in used_names(parts)):
        return None
    owners, templates = (source.raw, source.templates_raw) if ref.raw else (source.owners, source.templates)
    return _Plain(parts, source.tree.separator, source.name, owners, source.tree.tensors, templates)


def clash_reason(clash: Clash) -> Reason:
    """Say which keys of the file have the same working name."""
    return Reason("several_sources", {"name": clash.name, "first": clash.keys[0], "second": clash.keys[1], "count": len(clash.keys)})
