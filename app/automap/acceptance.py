"""How certain a pair is, and why: independent kinds of evidence, and the distance to the next best answer."""

from collections import Counter
from collections.abc import Mapping, Sequence
from math import exp

import msgspec

from app.automap.context import ancestors
from app.automap.evidence import named_alike, opposed, taught
from app.automap.matching import Matching
from app.automap.shapes import buckets
from app.automap.units import Unit
from app.mapping.outcomes import Reason

TRUST = 0.55
"""Share of pairs with a name in common from which on a conversion's names are believed at all."""


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
        self.taught = {taught(matching.us[a], matching.vs[b]) for a, b in fixed.items()}
        counts = {pair: matching.us[pair[0]].count for pair in matching.pairs.items()}
        named = sum(count for pair, count in counts.items() if self._named(*pair) >= 0.5)
        self.trust = named / max(sum(counts.values()), 1)

    def _named(self, a: int, b: int) -> float:
        u, v = self.matching.us[a], self.matching.vs[b]
        return 1.0 if taught(u, v) in self.taught else named_alike(u, v)

    def verdict(self, a: int, b: int) -> Verdict:
        """Judge one pair."""
        matching = self.matching
        u, v = matching.us[a], matching.vs[b]
        if self.fixed.get(a) == b:
            return Verdict(1.0, True, (Reason("follows-decision"),))
        if matching.pairs.get(a) != b:
            return Verdict(0.7, False, (Reason("same-role", {"role": v.role}) if v.role else Reason("similar-names"),))
        margin, score = matching.margins[a], matching.scores[a, b]
        name = self._named(a, b)
        near = matching.context.nearness(a, b)
        agree = matching.context.indices(a, b)
        lone = self._lone(a, b)
        kinds = self._kinds(a, b, name=name, near=near, agree=agree)
        if matching.context.translation(a, b) >= 0.6:
            kinds["translation"] = Reason("learnt-name")
        if taught(u, v) in self.taught:
            kinds["decision"] = Reason("follows-decision")
        clash = (u.role != v.role and bool(u.role) and bool(v.role)) or opposed(u.words + u.outer, v.words + v.outer) > 0 or agree < -0.4
        if "decision" in kinds and agree >= 0 and margin >= 0.8 and matching.solid[a] >= 0:
            return Verdict(0.98, True, tuple(kinds.values()))
        accepted = (
            not clash
            and margin >= 1.2
            and matching.solid[a] >= 0.5
            and score > 2.0
            and (
                self.trust >= TRUST or (self.trust >= SOME_TRUST and name >= 0.55 and {"name", "shape"} <= kinds.keys() and len(kinds) >= 3)
            )
            and self._enough(name, kinds, margin, near)
        )
        logit = -0.6 + 0.55 * min(margin, 6.0) + 1.6 * name + 1.2 * near + 0.8 * lone - 3.0 * clash - 2.5 * (self.trust < TRUST)
        confidence = 1 / (1 + exp(-logit))
        if matching.solid[a] < 0.5:
            confidence = min(confidence, 0.65 if matching.solid[a] > 0.1 else 0.5)
        return Verdict(min(confidence, 0.995), accepted, tuple(kinds.values()))

    def _enough(self, name: float, kinds: Mapping[str, Reason], margin: float, near: float) -> bool:
        """Whether the evidence is of enough independent kinds; the less a name says, the more the rest must."""
        if (name >= 0.5 and len(kinds) >= 2) or (name >= 0.75 and margin >= 1.5):
            return True
        silent = len(kinds) - ("name" in kinds)
        return (
            (self.trust >= 0.7 and silent >= 2 and near >= 0.5)
            or (self.trust >= 0.6 and silent >= 3 and near >= 0.6)
            or (self.trust >= 0.75 and "shape" in kinds and silent >= 2 and near >= 0.3)
        )

    def _kinds(self, a: int, b: int, *, name: float, near: float, agree: float) -> dict[str, Reason]:
        """Return the independent kinds of evidence for a pair, each with its reason."""
        u, v = self.matching.us[a], self.matching.vs[b]
        lone = self._lone(a, b)
        found: dict[str, Reason] = {}
        if u.role and u.role == v.role:
            found["name"] = Reason("same-role", {"role": u.role})
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
        if self.matching.ordered:
            (at, size), (to, other) = self.matching.ranks[0][u], self.matching.ranks[1][v]
            if size == other and at == to:
                found["order"] = Reason("same-place", {"place": at + 1, "of": size})
        return found

    def _lone(self, a: int, b: int) -> bool:
        return len(self.matching.rows[a]) == 1 and len(self.matching.columns[b]) == 1

    def _alone_in_block(self, u: Unit, v: Unit) -> bool:
        """Whether each is the only one of its shape and kind in its block."""
        return self.alike_u[_kind_in_block(u)] == 1 == self.alike_v[_kind_in_block(v)]


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
