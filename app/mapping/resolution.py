"""References of a bind against the working names of the sources: columns of leaves, one row a target key."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import msgspec

from app.keys import TensorInfo
from app.mapping.matching import matcher
from app.mapping.outcomes import Leaf, Reason
from app.mapping.patterns import Kind, Part, Slot, bare_names, parse_pattern, used_names
from app.mapping.plan import Ref
from app.mapping.selection import Matched, Selector
from app.mapping.working import WorkingSource


class Several(msgspec.Struct, frozen=True):
    """The leaves that a gather brings together, in order."""

    leaves: tuple[tuple[Leaf, TensorInfo], ...]


class Clash(msgspec.Struct, frozen=True):
    """Several keys of the file that have the working name."""

    name: str
    keys: tuple[str, ...]


class Absent(msgspec.Struct, frozen=True):
    """A key that the source does not have."""

    name: str


class Gap(msgspec.Struct, frozen=True):
    """A gather that lacks members."""

    reason: Reason


Found: TypeAlias = tuple[Leaf, TensorInfo] | Several | Clash | Absent | Gap


class Resolver:
    """One reference of a bind, resolved for all matched targets of a family at once."""

    def __init__(self, ref: Ref, source: WorkingSource | None, on_left: frozenset[str], kinds: Mapping[str, Kind]) -> None:
        self.ref = ref
        self.source = source
        self.parts: tuple[Part, ...] = parse_pattern(ref.pattern)
        self.gathered = next((name for name in used_names(self.parts) if name not in on_left), None)
        self.kinds = kinds
        self._groups: dict[tuple[str, ...], list[tuple[int, str]]] | None = None

    def column(self, matched: Matched) -> Sequence[Found]:
        """Resolve the reference for each matched target."""
        if self.source is None:
            absent = Absent(f"{self.ref.source}:{self.ref.pattern}")
            return [absent] * len(matched.rows)
        if self.gathered is not None:
            return self._gather(matched, self.source)
        source = self.source
        names = matched.write(self.parts, source.tree.separator)
        owners = source.raw if self.ref.raw else source.owners
        rivals = {} if self.ref.raw else source.rivals
        tensors, label = source.tree.tensors, source.name
        if not rivals:
            get = owners.get
            return [
                Absent(str(name)) if (key := get(name)) is None else (Leaf(key, label), tensors[key])  # type: ignore[arg-type]
                for name in names
            ]
        return [self._single(source, owners, rivals, name) for name in names]

    def _single(self, source: WorkingSource, owners: Mapping[str, str], rivals: Mapping[str, tuple[str, ...]], name: str | None) -> Found:
        key = owners.get(name) if name is not None else None
        if name is None or key is None:
            return Absent(str(name or self.ref.pattern))
        if name in rivals:
            return Clash(name, rivals[name])
        return Leaf(key, source.name), source.tree.tensors[key]

    def _keys(self) -> tuple[str, ...]:
        """Fields that decide which members are gathered together: bare names and formulas of the pattern, but for the gathered one."""
        slots = sum(isinstance(part, Slot) for part in self.parts)
        return (*(name for name in bare_names(self.parts) if name != self.gathered), *(f"#{at}" for at in range(slots)))

    def _gather(self, matched: Matched, source: WorkingSource) -> list[Found]:
        groups = self._grouped(source)
        columns = [matched.column(name) for name in bare_names(self.parts) if name != self.gathered]
        columns += [[str(number) for number in matched.numbers(part)] for part in self.parts if isinstance(part, Slot)]
        keys = list(zip(*columns, strict=True)) if columns else [()] * len(matched.rows)
        done: dict[tuple[str, ...], Found] = {}
        for key in keys:
            if key not in done:
                done[key] = self._bring(source, groups.get(key))
        return [done[key] for key in keys]

    def _grouped(self, source: WorkingSource) -> dict[tuple[str, ...], list[tuple[int, str]]]:
        if self._groups is None:
            self._groups = {}
            selector = Selector(matcher(self.ref.pattern, source.tree.separator, self.kinds))
            for family in source.folded_raw if self.ref.raw else source.folded:
                found = selector.select(family)
                if found is None:
                    continue
                columns = [found.column(name) for name in self._keys()]
                groups = zip(*columns, strict=True) if columns else [()] * len(found.keys)
                for group, number, name in zip(groups, found.column(str(self.gathered)), found.keys, strict=True):
                    self._groups.setdefault(group, []).append((int(number), name))
            for members in self._groups.values():
                members.sort()
        return self._groups

    def _bring(self, source: WorkingSource, members: list[tuple[int, str]] | None) -> Found:
        if not members:
            return Absent(self.ref.pattern)
        numbers = [number for number, _ in members]
        wanted = self.kinds[str(self.gathered)].numbers or tuple(range(numbers[-1] + 1))
        if numbers != list(wanted):
            return Gap(self._gap(numbers, wanted))
        out = []
        for _, name in members:
            if not self.ref.raw and name in source.rivals:
                return Clash(name, source.rivals[name])
            key = name if self.ref.raw else source.owners[name]
            out.append((Leaf(key, source.name), source.tree.tensors[key]))
        return Several(tuple(out))

    def _gap(self, numbers: list[int], wanted: tuple[int, ...]) -> Reason:
        have = set(numbers)
        lacking = next((number for number in wanted if number not in have), None)
        if lacking is None:
            return Reason("gather_twice", {"pattern": self.ref.pattern, "placeholder": str(self.gathered)})
        return Reason(
            "gather_gap",
            {"pattern": self.ref.pattern, "placeholder": str(self.gathered), "lacking": lacking, "found": len(have), "wanted": len(wanted)},
        )
