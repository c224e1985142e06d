"""A person's decisions as facts: pairs of units that must hold, units that stay fresh, and what follows for their siblings."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.automap.evidence import gate
from app.automap.recipes import Draft
from app.automap.units import Unit
from app.mapping.claims import Claim

Place = tuple[int, str]
"""Index of a unit, and the parameter."""


class Decisions:
    """What was decided, in terms of the units of one matching.

    pairs  -- source unit -> target unit, forced
    closed -- target units whose keys start fresh
    """

    def __init__(self, fixed: Mapping[str, Claim | None], us: Sequence[Unit], vs: Sequence[Unit]) -> None:
        self.fixed = fixed
        self.pairs: dict[int, int] = {}
        self.closed: set[int] = set()
        self.rows: dict[str, Claim | None] = {}
        if not fixed:
            return
        self._targets = _places(vs)
        self._sources = _places(us)
        for key, claim in fixed.items():
            self._take(key, claim, us, vs)

    def _take(self, key: str, claim: Claim | None, us: Sequence[Unit], vs: Sequence[Unit]) -> None:
        places = self._targets.get(("", key), ())
        if claim is None:
            self.closed.update(b for b, param in places if param == "weight" or "weight" not in vs[b].params)
            return
        names = claim.names or ("",) * len(claim.sources)
        wanted = [self._sources.get((name, source), ()) for name, source in zip(names, claim.sources, strict=True)]
        for b, _ in places:
            for a in dict.fromkeys(a for found in wanted for a, _ in found):
                free = a not in self.pairs and b not in self.pairs.values()
                if free and self._agrees(us[a], vs[b], claim) and not _lent(us[a], vs[b], vs):
                    self.pairs[a] = b
                    break

    @staticmethod
    def _agrees(u: Unit, v: Unit, claim: Claim) -> bool:
        """Whether a pair of units is what a claim says: the right rows of a fused tensor, the right part of a fused target."""
        if not gate(u, v):
            return False
        if u.part is not None and u.part.length and claim.op == "slice":
            return bool(claim.args.get("start") == u.part.start)
        if v.part is not None and v.part.name and u.role and v.role:
            return u.role == v.role
        return True

    def settled(self, found: Mapping[str, Draft], vs: Sequence[Unit]) -> Iterator[tuple[str, Claim]]:
        """Yield target key -> claim for the siblings of decided keys: the same op for each member of the family."""
        said: dict[Place, list[tuple[Any, ...]]] = {}  # members of a family that were decided alike say the same of it
        for key, claim in self.fixed.items():
            draft = found.get(key)
            if claim is None or draft is None or not draft.claim.sources:
                continue
            same = draft.claim.sources == claim.sources and draft.claim.names == claim.names
            decision = (claim.op, claim.args, draft.pairs)
            for b, param in self._targets.get(("", key), ()):
                heard = said.setdefault((b, param), [])
                if not same or decision in heard:
                    continue
                heard.append(decision)
                for sibling in (vs[b].whole or vs[b]).keys(param):
                    other = found.get(sibling)
                    if other is not None and other.pairs == draft.pairs:
                        yield sibling, Claim(other.claim.sources, claim.op, claim.args, other.claim.names)


def _lent(u: Unit, v: Unit, vs: Sequence[Unit]) -> bool:
    """Whether a source unit belongs to another target and is only shared with this one: an output layer tied to the embedding."""
    return bool(u.role and v.role and u.role != v.role) and any(other.role == u.role and gate(u, other) for other in vs)


def _places(units: Sequence[Unit]) -> dict[tuple[str, str], list[Place]]:
    out: dict[tuple[str, str], list[Place]] = {}
    for index, unit in enumerate(units):
        for param in unit.params:
            for key in (unit.whole or unit).keys(param):
                out.setdefault((unit.source, key), []).append((index, param))
    return out


def head_dim(fixed: Mapping[str, Claim | None]) -> int | None:
    """Return the rows of one head that a decision about rows gives away; None where none does."""
    for claim in fixed.values():
        args: Mapping[str, Any] = claim.args if claim is not None and claim.op == "permute" else {}
        view, dims = args.get("view"), args.get("dims")
        if isinstance(view, list) and len(view) == 3:
            return int(view[2]) if dims == [1, 0, 2] else int(view[1] * view[2])
    return None
