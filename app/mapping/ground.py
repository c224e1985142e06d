"""What rules stand on: two sides under the renames of a plan. The outcomes of families are worked out here, and remembered by the rules that take them."""

import copy
from collections.abc import Mapping, Sequence

from app.keys import parse_token
from app.mapping.assembled import Sides
from app.mapping.benign import BENIGN, benign_reason, holds, is_versioned
from app.mapping.block import Block, Even
from app.mapping.claiming import BoundRule
from app.mapping.fitting import fit
from app.mapping.folds import FoldedFamily
from app.mapping.lately import Lately
from app.mapping.matching import matcher
from app.mapping.outcomes import Leaf, Reason, TargetOutcome
from app.mapping.plan import Bind, Ignore, Rename
from app.mapping.selection import Chosen, Matched
from app.mapping.working import WorkingSource

_MISSING = TargetOutcome("missing")
_BLOCKS = 6
"""Blocks of one family that are kept: as many ways that its rules stood lately."""

Numbered = tuple[int, Matched]
"""A rule's number in a block, and the keys of the family that it takes."""


class Ground:
    """Sources under their working names and a target, without any rule but the renames.

    sides   -- the trees
    renames -- in order
    benign  -- target patterns that may be missing without harm, None: the built-in list
    """

    def __init__(self, renames: Sequence[Rename], benign: tuple[str, ...] | None, sides: Sides) -> None:
        self.sides = sides
        self.target = target = sides.target.tree
        self.renames = len(renames)
        self.sources = {name: WorkingSource(name, tree, list(enumerate(renames))) for name, tree in sides.sources.items()}
        self._versioned = any(is_versioned(tree) for tree in sides.sources.values())
        self._own_list = benign is not None
        self._patterns = BENIGN if benign is None else benign
        self._benign = Chosen([(index, matcher(pattern, target.separator)) for index, pattern in enumerate(self._patterns)])
        self._bound: Lately[str, BoundRule] = Lately(1024)
        self._blocks: list[Lately[object, Block]] = [Lately(_BLOCKS) for _ in sides.target.families]
        self._ignored: Lately[object, dict[str, int]] = Lately(8)

    def bound(self, said: str, rule: Bind) -> BoundRule:
        """A bind, ready for this ground. Raises what is wrong with it."""
        return self._bound.get_or_make(said, lambda: BoundRule(0, rule, self.sources, self.target))

    def block(
        self, at: int, family: FoldedFamily, said: object, inits: Sequence[Matched], binds: Sequence[tuple[BoundRule, Matched]]
    ) -> Block:
        """Outcomes of a family under rules that take keys of it; `said` names these rules."""
        return self._blocks[at].get_or_make(said, lambda: _Family(self, family, inits, binds).block())

    def may_be_benign(self, family: FoldedFamily) -> bool:
        """Whether the list of what may be missing speaks of a family."""
        return bool(self._benign.of(family))

    def missing(self, family: FoldedFamily, keys: list[str], found: dict[str, TargetOutcome]) -> None:
        """Mark missing keys that are known to do no harm."""
        gone = set(keys)
        for index, matched in self._benign.of(family):
            pattern = self._patterns[index]
            for key in matched.keys:
                if key in gone and (self._own_list or holds(pattern, self.target.tensors[key])):
                    gone.discard(key)
                    reason = benign_reason(key, pattern, versioned=self._versioned)
                    found[key] = TargetOutcome("missing", found[key].rule, None, reason, benign=True)

    def ignored(self, name: str, said: object, rules: Sequence[tuple[int, Ignore]]) -> dict[str, int]:
        """Keys of a source that ignore rules take -> number of the first that does."""
        return self._ignored.get_or_make((name, said), lambda: _ignored(self.sources[name], rules))


class _Family:
    """One family at work."""

    def __init__(self, ground: Ground, family: FoldedFamily, inits: Sequence[Matched], binds: Sequence[tuple[BoundRule, Matched]]) -> None:
        self.ground = ground
        self.family = family
        self.inits = inits
        self.binds = binds
        self.renames_from = len(inits) + len(binds)
        self.found: dict[str, TargetOutcome] = {}

    def block(self) -> Block:
        """Work out every outcome of the family."""
        return self._evenly() or self._unevenly()

    def _evenly(self) -> Block | None:
        """The block where one plain bind takes the whole family, or no rule takes any of it; None where keys may fare differently."""
        if self.inits or self.family.keys[0][:1] == "~":
            return None
        if not self.binds:
            return self._evenly_by_name()
        for number, (bound, matched) in enumerate(self.binds):
            found = bound.owners(matched)
            if found is None:
                return self._evenly_lacking()
            owners = [owner for owner in found if owner is not None]
            if len(owners) == len(self.family.keys):
                return self._evenly_from(owners, number, bound.label)
            if owners:
                return None
        return self._evenly_lacking()

    def _evenly_lacking(self) -> Block | None:
        """The block where the first bind takes the whole family, but the source has no key of that form, and no other rule or name helps."""
        ground, keys = self.ground, self.family.keys
        bound, matched = self.binds[0]
        lack = bound.lacking(matched) if len(matched.keys) == len(keys) else None
        if lack is None or any(other.lacking(theirs) is None for other, theirs in self.binds) or ground.may_be_benign(self.family):
            return None
        if any(owner is not None for source in ground.sources.values() for owner in map(source.owners.get, keys)):
            return None
        return Block(keys, ground.sides.target.likes, Even(TargetOutcome("missing", 0, None, Reason("bind_lacks", {"key": lack}))))

    def _evenly_by_name(self) -> Block | None:
        ground, keys = self.ground, self.family.keys
        source = next(iter(ground.sources.values()))
        if len(ground.sources) > 1 or source.rivals:
            return None
        owners = [*map(source.owners.get, keys)]
        named = [owner for owner in owners if owner is not None]
        if not named:
            return None if ground.may_be_benign(self.family) else Block(keys, ground.sides.target.likes, Even(_MISSING))
        if len(named) < len(keys) or source.renamed:
            return None
        return self._evenly_from(named, None, source.name)

    def _evenly_from(self, owners: Sequence[str], rule: int | None, source: str) -> Block | None:
        """The block of keys that take one source key each, as it is; None where not all of them fit in the same way."""
        given, wanted = self.ground.sides.likes[source], self.ground.sides.target.likes
        kinds = set(zip(map(given.of.__getitem__, owners), map(wanted.of.__getitem__, self.family.keys), strict=True))
        if len(kinds) != 1:
            return None
        here, there = kinds.pop()
        state, reason = fit(*given.kinds[here][:2], *wanted.kinds[there][:2])
        return Block(self.family.keys, wanted, Even(TargetOutcome(state, rule, None, reason), owners, source, there))

    def _unevenly(self) -> Block:
        found, keys = self.found, self.family.keys
        for number, matched in enumerate(self.inits):
            outcome = TargetOutcome("initialised", number)
            for key in matched.keys:
                found.setdefault(key, outcome)
        lacking = self._bind()
        missing = self._by_name([key for key in keys if key not in found] if found else keys, lacking)
        if missing:
            self._missing(missing, lacking)
        if keys[0][:1] == "~":
            for key in keys:
                self._check_spelling(key)
        return Block({key: found[key] for key in keys}, self.ground.sides.target.likes)

    def _bind(self) -> dict[str, tuple[int, str] | None]:
        """Let binds claim keys; returns the keys that a bind's pattern took but none claimed, with the first that it lacked."""
        found = self.found
        lacking: dict[str, tuple[int, str] | None] = {}
        for at, (bound, matched) in enumerate(self.binds):
            mine = copy.copy(bound)
            mine.index = len(self.inits) + at
            mine.fill(self._unclaimed(matched) if found else matched, found, lacking)
        return lacking

    def _unclaimed(self, matched: Matched) -> Matched:
        found = self.found
        keep = [key not in found for key in matched.keys]
        return matched if all(keep) else matched.kept(keep)

    def _by_name(self, keys: list[str], lacking: Mapping[str, object]) -> list[str]:
        """Take renames and equal names; return the keys that nothing reaches."""
        ground, first = self.ground, self.renames_from
        found, tensors, missing = self.found, ground.target.tensors, []
        owners = [(name, source.owners, source.rivals, source.renamed) for name, source in ground.sources.items()]
        for key in keys:
            reached: list[tuple[str, str, int | None]] = []
            for name, owned, rivals, renamed in owners:
                owner = owned.get(key)
                if owner is None:
                    continue
                for candidate in rivals.get(key, (owner,)) if rivals else (owner,):
                    rename = renamed.get(candidate)
                    if rename is not None or key not in lacking:
                        reached.append((name, candidate, None if rename is None else first + rename))
            if not reached:
                missing.append(key)
            elif len(reached) > 1:
                found[key] = _collision(key, reached)
            else:
                name, owner, rule = reached[0]
                info, wanted = ground.sources[name].tree.tensors[owner], tensors[key]
                state, reason = fit(info.shape, info.dtype, wanted.shape, wanted.dtype)
                found[key] = TargetOutcome(state, rule, Leaf(owner, name), reason)
        return missing

    def _missing(self, keys: list[str], lacking: Mapping[str, tuple[int, str] | None]) -> None:
        for key in keys:
            why = lacking.get(key)
            self.found[key] = _MISSING if why is None else TargetOutcome("missing", why[0], None, Reason("bind_lacks", {"key": why[1]}))
        self.ground.missing(self.family, keys, self.found)

    def _check_spelling(self, key: str) -> None:
        """Mark a key that is no string: it makes `load_state_dict` raise, whatever else holds."""
        if not isinstance(parse_token(key), str):
            before = self.found[key]
            self.found[key] = TargetOutcome("mismatched", before.rule, before.recipe, Reason("key_not_text", {"key": key}))


def _collision(key: str, reached: list[tuple[str, str, int | None]]) -> TargetOutcome:
    first, second = (f"{name}:{owner}" if name else owner for name, owner, _ in reached[:2])
    rule = next((rule for _, _, rule in reached if rule is not None), None)
    reason = Reason("several_sources", {"name": key, "first": first, "second": second, "count": len(reached)})
    return TargetOutcome("conflicting", rule, None, reason)


def _ignored(source: WorkingSource, rules: Sequence[tuple[int, Ignore]]) -> dict[str, int]:
    out: dict[str, int] = {}
    by_working = _by_working(source)
    for raw in (False, True):
        chosen = Chosen([(number, matcher(rule.pattern, source.tree.separator)) for number, rule in rules if rule.raw is raw])
        for family in source.folded_raw if raw else source.folded:
            for number, matched in reversed(chosen.of(family)):
                keys = matched.keys if raw or by_working is None else [key for name in matched.keys for key in by_working[name]]
                if raw:
                    keys = [key for key in keys if number < out.get(key, number + 1)]
                out.update(dict.fromkeys(keys, number))
    return out


def _by_working(source: WorkingSource) -> dict[str, list[str]] | None:
    """Working name -> keys in the file; None where both are the same."""
    if source.names is source.keys:
        return None
    found: dict[str, list[str]] = {}
    for name, key in zip(source.names, source.keys, strict=True):
        found.setdefault(name, []).append(key)
    return found
