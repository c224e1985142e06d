"""How certain a pair is, and why: independent kinds of evidence, and the distance to the next best answer."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from math import exp

import msgspec

from app.automap.context import ancestors
from app.automap.evidence import counted, named_alike, opposed, taught, wrapped
from app.automap.matching import Matching
from app.automap.names import is_number, numbered
from app.automap.shapes import buckets
from app.automap.units import Path, Unit
from app.mapping.outcomes import Reason

TRUST = 0.55
"""Share of pairs with a name in common from which on a conversion's names are believed at all."""


OFTEN = 8
"""So many repetitions of a unit speak for or against a conversion's names: thousands of experts are one name said again."""

SURE = 0.75
"""Confidence below which nothing is accepted, whatever kinds of evidence there are."""

HELD = 0.7
"""What a name says of two units that nothing but their containers' names join."""

SOME_TRUST = 0.25
"""Below `TRUST` a pair needs a name, a shape of its own and a third witness; below this, names are taken for noise."""


class Verdict(msgspec.Struct, frozen=True):
    """What is thought of one pair."""

    confidence: float
    accepted: bool
    reasons: tuple[Reason, ...]


class Judge:
    """Weighs the pairs of one matching."""

    def __init__(self, matching: Matching, fixed: Mapping[int, int]) -> None:
        self.matching = matching
        self.fixed = fixed
        self.alike_u = _alike(matching.us)
        self.alike_v = _alike(matching.vs)
        self.stack_u, self.stack_v = _stacks(matching.us), _stacks(matching.vs)
        self.in_step = {self._containers(a, b) for a, b in matching.pairs.items() if self._lengths_agree(a, b)}
        self.half_counted = _half_counted(matching.us) | _half_counted(matching.vs)
        self.taught = {lesson for a, b in fixed.items() for lesson in taught(matching.us[a], matching.vs[b])}
        counts = {pair: min(matching.us[pair[0]].count, OFTEN) for pair in matching.pairs.items()}
        named = sum(count for pair, count in counts.items() if self._named(*pair) >= 0.5)
        self.trust = named / max(sum(counts.values()), 1)

    def _named(self, a: int, b: int) -> float:
        u, v = self.matching.us[a], self.matching.vs[b]
        if self._follows(u, v):
            return 1.0
        name = named_alike(u, v)
        return HELD if name < HELD and self._held_alike(u, v) else name

    def _follows(self, u: Unit, v: Unit) -> bool:
        """Whether a decision about another pair names these two as well."""
        return bool(self.taught) and not self.taught.isdisjoint(taught(u, v))

    def _held_alike(self, u: Unit, v: Unit) -> bool:
        """Whether containers of one name and number hold the two, each the only one of its shape and kind in there."""
        if u.part or v.part or (u.role and v.role and u.role != v.role):
            return False
        shapes = buckets(u.main)[0], buckets(v.main)[0]
        return any(
            wrapped(left, right)
            and self.alike_u[left, shapes[0], u.kind] == 1 == self.alike_v[right, shapes[1], v.kind]
            and _telling(left if len(left) < len(right) else right)
            for left in ancestors(u)
            for right in ancestors(v)
        )

    def verdict(self, a: int, b: int) -> Verdict:
        """Judge one pair."""
        matching = self.matching
        u, v = matching.us[a], matching.vs[b]
        if self.fixed.get(a) == b:
            return Verdict(1.0, True, (Reason("follows-decision"),))
        if matching.pairs.get(a) != b:
            return Verdict(0.7, False, (_same_role(v.role) if v.role else Reason("similar-names"),))
        margin, score = matching.margins[a], matching.scores[a, b]
        name = self._named(a, b)
        near = matching.context.nearness(a, b)
        agree = matching.context.indices(a, b)
        lone = self._lone(a, b)
        kinds = self._kinds(a, b, name=name, near=near, agree=agree)
        if matching.context.translation(a, b) >= 0.6:
            kinds["translation"] = Reason("learnt-name")
        if self._follows(u, v):
            kinds["decision"] = Reason("follows-decision")
        twin = self._twin(a, b)
        clash = (
            twin
            or (u.role != v.role and bool(u.role) and bool(v.role) and counted(u) == counted(v))
            or (bool(u.stream) and bool(v.stream) and u.stream != v.stream)
            or self._muddled(u, v)
            or self._shifted(a, b)
            or opposed(u.words + u.outer, v.words + v.outer) > 0
            or agree < -0.4
        )
        if "decision" in kinds and agree >= 0 and margin >= 0.8 and matching.solid[a] >= 0:
            return Verdict(0.98, True, tuple(kinds.values()))
        accepted = (
            not clash
            and margin >= 1.2
            and matching.solid[a] >= 0.5
            and score > 2.0
            and (
                self.trust >= TRUST
                or (self.trust >= 0.45 and {"shape", "context", "index"} <= kinds.keys() and near >= 0.85)
                or (self.trust >= SOME_TRUST and _placed(kinds) and near >= 0.95)
                or (self.trust >= SOME_TRUST and name >= 0.55 and {"name", "shape"} <= kinds.keys() and len(kinds) >= 3)
            )
            and self._enough(name, kinds, margin, near)
        )
        logit = -0.6 + 0.55 * min(margin, 6.0) + 1.6 * name + 1.2 * near + 0.8 * lone - 3.0 * clash - 2.5 * (self.trust < TRUST)
        confidence = 1 / (1 + exp(-logit))
        if matching.solid[a] < 0.5:
            confidence = min(confidence, 0.65 if matching.solid[a] > 0.1 else 0.5)
        accepted = accepted and confidence >= SURE
        against = () if accepted else self._against(a, b, twin=twin)
        return Verdict(min(confidence, 0.995), accepted, (*kinds.values(), *against))

    def _against(self, a: int, b: int, *, twin: bool) -> tuple[Reason, ...]:
        """Return what speaks against taking a pair without a look; nothing where there is only too little for it."""
        matching = self.matching
        if twin:
            return (Reason("second-copy"),)
        if self._muddled(matching.us[a], matching.vs[b]):
            return (Reason("which-of-several"),)
        if matching.margins[a] < 1.2 or matching.solid[a] < 0.5 or self._shifted(a, b):
            return (Reason("rival"),)
        return (Reason("names-say-little"),) if self.trust < TRUST else ()

    def _enough(self, name: float, kinds: Mapping[str, Reason], margin: float, near: float) -> bool:
        """Whether the evidence is of enough independent kinds; the less a name says, the more the rest must."""
        if (name >= 0.5 and len(kinds) >= 2) or (name >= 0.75 and margin >= 1.5):
            return True
        silent = len(kinds) - ("name" in kinds)
        return (
            (self.trust >= 0.7 and silent >= 2 and near >= 0.5)
            or (self.trust >= 0.6 and silent >= 3 and near >= 0.6)
            or (self.trust >= 0.45 and silent >= 3 and near >= 0.85 and "shape" in kinds and "index" in kinds)
            or (self.trust >= SOME_TRUST and silent >= 3 and near >= 0.95 and _placed(kinds))
            or (self.trust >= 0.75 and "shape" in kinds and silent >= 2 and near >= 0.3)
        )

    def _kinds(self, a: int, b: int, *, name: float, near: float, agree: float) -> dict[str, Reason]:
        """Return the independent kinds of evidence for a pair, each with its reason."""
        u, v = self.matching.us[a], self.matching.vs[b]
        lone = self._lone(a, b)
        found: dict[str, Reason] = {}
        if u.role and u.role == v.role:
            found["name"] = _same_role(u.role)
        elif u.path == v.path:
            found["name"] = Reason("same-name")
        elif name >= 0.5:
            found["name"] = Reason("similar-names")
        if lone:
            found["shape"] = Reason("only-shape", {"shape": " by ".join(map(str, v.main))})
        elif near >= 0.35 and self._alone_in_block(u, v):
            found["shape"] = Reason("only-shape-in-block", {"shape": " by ".join(map(str, v.main))})
        if near >= 0.5:
            found["context"] = Reason("same-surroundings", {"share": round(100 * near)})
        if agree > 0.5:
            found["index"] = Reason("same-index")
        (at, size), (to, other) = self.matching.told[0][u], self.matching.told[1][v]
        if at == to and size == other > 1:
            found["count"] = Reason("same-count", {"place": at + 1, "of": size})
        if self.matching.ordered:
            (at, size), (to, other) = self.matching.ranks[0][u], self.matching.ranks[1][v]
            if size == other and at == to:
                found["order"] = Reason("same-place", {"place": at + 1, "of": size})
        return found

    def _twin(self, a: int, b: int) -> bool:
        """Whether a second copy of the source unit stayed free, under another prefix: an average beside the weights, a teacher."""
        u, v = self.matching.us[a], self.matching.vs[b]
        if u.path == v.path or u.part or v.part or not wrapped(u.path, v.path):
            return False
        others = [self.matching.us[other] for other in self.matching.columns[b] if other not in self.matching.pairs]
        return any(other.params == u.params and wrapped(other.path, v.path) for other in others)

    def _muddled(self, u: Unit, v: Unit) -> bool:
        """Whether a block has several vectors of one size and only like words tell which is which: two norms, and no word for their places."""
        if wrapped(u.local, v.local):
            return False
        if {u.path[:-1], v.path[:-1]} & self.half_counted:
            return True
        if u.role and u.role == v.role:
            return False
        if not u.block or not v.block or u.kind != "vector" or (sorted(u.words) == sorted(v.words) and self._as_many_beside(u, v)):
            return False
        return self.alike_u[_kind_in_block(u)] > 1 and self.alike_v[_kind_in_block(v)] > 1

    def _as_many_beside(self, u: Unit, v: Unit) -> bool:
        """Whether the modules that hold two units hold as many of their shape and kind."""
        return self.alike_u[u.path[:-1], buckets(u.main)[0], u.kind] == self.alike_v[v.path[:-1], buckets(v.main)[0], v.kind]

    def _shifted(self, a: int, b: int) -> bool:
        """Whether both stand in stacks of other lengths that begin with other numbers, and no stack beside them says which block is which."""
        left, right = self._stacked(a, b)
        differ = left is not None and right is not None and all(one != other for one, other in zip(left, right, strict=True))
        return differ and self._containers(a, b) not in self.in_step

    def _lengths_agree(self, a: int, b: int) -> bool:
        left, right = self._stacked(a, b)
        return left is not None and right is not None and left[1] == right[1] > 1

    def _stacked(self, a: int, b: int) -> tuple[tuple[int, int] | None, tuple[int, int] | None]:
        return self.stack_u.get(_stack(self.matching.us[a])), self.stack_v.get(_stack(self.matching.vs[b]))

    def _containers(self, a: int, b: int) -> tuple[Path, Path]:
        return _before_number(self.matching.us[a].path), _before_number(self.matching.vs[b].path)

    def _lone(self, a: int, b: int) -> bool:
        return len(self.matching.rows[a]) == 1 and len(self.matching.columns[b]) == 1

    def _alone_in_block(self, u: Unit, v: Unit) -> bool:
        """Whether each is the only one of its shape and kind in its block; what stands in no block and no module is in none."""
        if any(not unit.block and len(unit.path) == 1 for unit in (u, v)):
            return False
        return self.alike_u[_kind_in_block(u)] == 1 == self.alike_v[_kind_in_block(v)]


def _same_role(role: str) -> Reason:
    """Say a role in the catalogue's words: whose attention it is, and what."""
    whose, _, what = role.partition(".") if role.startswith(("self.", "cross.")) else ("", "", role)
    return Reason("same-role", {"role": what.replace(".", "-"), "attention": whose or "one"})


def _placed(kinds: Mapping[str, Reason]) -> bool:
    """Whether what surrounds a pair fits, its number does, and it is the only one of its shape there or has its place by count."""
    return {"context", "index"} <= kinds.keys() and bool({"shape", "count"} & kinds.keys())


def _half_counted(side: Sequence[Unit]) -> set[Path]:
    """Return containers in which a name stands once without and once with a number: whether it counts from 0 or 1 nobody says."""
    names: dict[Path, set[tuple[str, bool]]] = defaultdict(set)
    for unit in side:
        split = numbered(unit.path[-1])
        names[unit.path[:-1]].add((split[0].rstrip("_") if split else unit.path[-1], split is not None))
    return {path for path, known in names.items() if any((name, True) in known for name, counts in known if not counts)}


def _stack(unit: Unit) -> tuple[object, ...]:
    """Return what a unit has in common with those of the blocks beside it; () where its path has not one number."""
    if sum(map(is_number, unit.path)) != 1:
        return ()
    return (*("#" if is_number(part) else part for part in unit.path), buckets(unit.main)[0])


def _before_number(path: Path) -> Path:
    return path[: next((at for at, part in enumerate(path) if is_number(part)), 0)]


def _stacks(side: Sequence[Unit]) -> dict[tuple[object, ...], tuple[int, int]]:
    """Return with which number each stack of equal units begins, and how many they are: `layers.#.mlp.fc1` from 1 on, 24 times."""
    found: dict[tuple[object, ...], tuple[int, int]] = {}
    for unit in side:
        if stack := _stack(unit):
            number = next(int(part) for part in unit.path if is_number(part))
            first, count = found.get(stack, (number, 0))
            found[stack] = min(first, number), count + (0 if unit.part else unit.count)
    return found


def _telling(path: Path) -> bool:
    """Whether a container's path has a word and a number: `layer1.0.conv1`, not `0` and not `backbone`."""
    return any(is_number(part) for part in path) and any(not is_number(part) for part in path)


def _kind_in_block(unit: Unit) -> tuple[object, ...]:
    """Return what units of one shape and kind in one block have in common."""
    return unit.block or unit.path[:1], buckets(unit.main)[0], unit.kind


def _alike(side: Sequence[Unit]) -> Counter[tuple[object, ...]]:
    """Count the units of one shape and kind below each container."""
    found: Counter[tuple[object, ...]] = Counter()
    for unit in side:
        shape = buckets(unit.main)[0]
        found.update((holder, shape, unit.kind) for holder in {unit.path[:1], *ancestors(unit)})
    return found
