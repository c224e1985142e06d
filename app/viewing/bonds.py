"""Bonds: which leaves of a source outline fill which leaves of the target outline."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal

import msgspec
import numpy as np

from app.mapping.block import Block
from app.mapping.claims import Claim, Proposal
from app.mapping.offers import FamilyOffers, Offers
from app.mapping.outcomes import Evaluation, Leaf, Recipe
from app.stopping import each
from app.viewing.chips import chip_of_claim, chip_of_recipe, chip_of_shapes
from app.viewing.nodes import Numbers, Outline, between
from app.viewing.placing import Remembered, places_of


class Bond(msgspec.Struct, frozen=True):
    """One source leaf fills one target leaf.

    count      -- target keys that take part
    chip       -- what is done on the way, of the first of them
    proposed   -- a waiting proposal, nobody took it yet
    confidence -- of the proposal: the lowest of its keys
    """

    source: int
    target: int
    count: int
    chip: str = ""
    proposed: bool = False
    confidence: float | None = None


class Bonds:
    """All bonds, by either end: columns, from which a bond is made when it is asked for."""

    def __init__(self, found: "_Found", source: Outline, target: Outline) -> None:
        self.of_target = Ends(found, found.targets, found.sources, target, lambda here, there: (there, here), (source, target))
        self.of_source = Ends(found, found.sources, found.targets, source, lambda here, there: (here, there), (source, target))


class Ends:
    """Bonds by one of their ends: of each leaf of an outline those that it takes part in, by the other end."""

    def __init__(
        self,
        found: "_Found",
        here: Numbers,
        there: Numbers,
        outline: Outline,
        ends: Callable[[int, int], tuple[int, int]],
        outlines: tuple[Outline, Outline],
    ) -> None:
        rows = np.lexsort((there, here))
        self.leaves, self.others = here[rows], there[rows]
        self._counts, self._which = found.counts[rows], found.which[rows]
        self._tallies, self._ends, self._outlines, self._outline = found.tallies, ends, outlines, outline
        self._known: dict[int, tuple[Bond, ...]] = {}

    def __contains__(self, leaf: int) -> bool:
        first, last = self._span(leaf, leaf)
        return first < last

    def __getitem__(self, leaf: int) -> tuple[Bond, ...]:
        """Bonds of one leaf, in the order of their other ends; none where it has none."""
        known = self._known.get(leaf)
        if known is None:
            known = self._known[leaf] = self._made(leaf, *self._span(leaf, leaf))
        return known

    def firsts(self, what: Literal["op", "confidence"]) -> dict[int, str | float | None]:
        """Of each leaf that has bonds what is done on the way, or the confidence, of the first one."""
        leaves, at = np.unique(self.leaves, return_index=True)
        found: dict[int, str | float | None] = {}
        for leaf, which in zip(leaves.tolist(), self._which[at].tolist(), strict=True):
            tally = self._tallies[which]
            if what == "confidence":
                found[leaf] = tally.confidence
            else:
                found[leaf] = self[leaf][0].chip if tally.mismatched else tally.chip
        return found

    def others_below(self, number: int) -> Numbers:
        """The other ends of all bonds at or below a node."""
        first, last = self._below(number)
        return self.others[first:last]

    def below(self, number: int, most: int | None = None) -> Iterator[Bond]:
        """All bonds at or below a node, leaf by leaf, or the first so many: a folded row that is apart on the other side has thousands."""
        at, last = self._below(number)
        last = last if most is None else min(last, at + most)
        while at < last:
            leaf = int(self.leaves[at])
            end = self._span(leaf, leaf)[1]
            yield from self[leaf] if end <= last else self._made(leaf, at, last)
            at = end

    def reach(self, number: int) -> tuple[int, int]:
        """The lowest and the highest of the leaves that those at or below a node are bound to; (0, 0) where there are none."""
        others = self.others_below(number)
        return (int(others.min()), int(others.max())) if len(others) else (0, 0)

    def counted(self, number: int) -> "Counted | None":
        """What all bonds at or below a node have in common; None where there are none."""
        first, last = self._below(number)
        if first == last:
            return None
        tallies = [self._tallies[each] for each in np.unique(self._which[first:last]).tolist()]
        return Counted(
            int(self._counts[first:last].sum()),
            self._chip(number, tallies),
            any(tally.proposed for tally in tallies),
            min((tally.confidence for tally in tallies if tally.confidence is not None), default=None),
        )

    def _chip(self, number: int, tallies: list["_Tally"]) -> str:
        """The chip of all bonds at or below a node; empty where they have several."""
        if len({tally.chip for tally in tallies}) == 1 and not any(tally.mismatched for tally in tallies):
            return tallies[0].chip
        chips: set[str] = set()
        for bond in self.below(number):
            chips.add(bond.chip)
            if len(chips) > 1:
                return ""
        return next(iter(chips))

    def _below(self, number: int) -> tuple[int, int]:
        return self._span(number, int(self._outline.ends[number]))

    def _span(self, low: int, high: int) -> tuple[int, int]:
        return between(self.leaves, low, high)

    def _made(self, leaf: int, first: int, last: int) -> tuple[Bond, ...]:
        found: dict[int, tuple[int, _Tally]] = {}
        rows = zip(self.others[first:last].tolist(), self._counts[first:last].tolist(), self._which[first:last].tolist(), strict=True)
        for other, count, which in rows:
            tally, before = self._tallies[which], found.get(other)
            found[other] = (count, tally) if before is None else (before[0] + count, _joined(before[1], tally))
        return tuple(self._bond(leaf, other, count, tally) for other, (count, tally) in found.items())

    def _bond(self, leaf: int, other: int, count: int, tally: "_Tally") -> Bond:
        source, target = self._ends(leaf, other)
        chip = tally.chip
        if tally.mismatched and not chip:
            given, wanted = self._outlines[0].nodes[source].info, self._outlines[1].nodes[target].info
            chip = chip_of_shapes(given.shape if given else None, wanted.shape if wanted else None)
        return Bond(source, target, count, chip, tally.proposed, tally.confidence)


class Counted(msgspec.Struct, frozen=True):
    """Several bonds added up; `chip` only where all have the same."""

    count: int
    chip: str
    proposed: bool
    confidence: float | None


class _Tally(msgspec.Struct):
    count: int = 0
    chip: str = ""
    proposed: bool = False
    confidence: float | None = None
    mismatched: bool = False


class _Found(msgspec.Struct, frozen=True):
    """Bonds as columns: both leaves, the target keys that take part, and which tally says the rest."""

    sources: Numbers
    targets: Numbers
    counts: Numbers
    which: Numbers
    tallies: list[_Tally]


def leaves_of(recipe: Recipe) -> Iterator[Leaf]:
    """Every source key that a recipe reads, in order."""
    if isinstance(recipe, Leaf):
        yield recipe
    else:
        for part in recipe.inputs:
            yield from leaves_of(part)


def bind(source: Outline, target: Outline, evaluation: Evaluation, pending: Offers, name: str = "") -> Bonds:
    """Find the bonds between one source and the target."""
    families = enumerate(each(zip(evaluation.targets.blocks, pending.parts, strict=True), 1))
    places = places_of(evaluation.targets.folded, target)
    return Bonds(
        _together([_of_family(block, offered, (source, target), places[at], name) for at, (block, offered) in families]), source, target
    )


def _together(parts: list[_Found]) -> _Found:
    tallies: list[_Tally] = []
    which: list[Numbers] = []
    for part in parts:
        which.append(part.which + len(tallies))
        tallies += part.tallies
    return _Found(
        _column([part.sources for part in parts]),
        _column([part.targets for part in parts]),
        _column([part.counts for part in parts]),
        _column(which),
        tallies,
    )


def _column(parts: list[Numbers]) -> Numbers:
    return np.concatenate([_NONE, *parts], dtype=np.int32)


_NONE = np.empty(0, np.int32)
_EMPTY = _Found(_NONE, _NONE, _NONE, _NONE, [])
_known: Remembered[Block] = Remembered()


def _of_family(block: Block, offered: FamilyOffers, outlines: tuple[Outline, Outline], places: Numbers, name: str) -> _Found:
    """Bonds of one family; those that were found lately are not looked for again."""
    about = (offered, *outlines, name)
    made: _Found | None = _known.get(block, about)
    if made is None:
        if len(offered.proposals) == len(block.keys):
            made = _offered(offered, *outlines, name)
        elif block.even is not None and not offered.proposals:
            made = _evenly(block, outlines, places, name)
        if made is None:
            made = _written(_unevenly(block, offered, *outlines, name))
        _known.put(block, about, made)
    return made


def _evenly(block: Block, outlines: tuple[Outline, Outline], places: Numbers, name: str) -> _Found:
    """All keys take one source key each, as it is, or nothing."""
    even = block.even
    if even is None or even.owners is None or even.source != name:
        return _EMPTY
    tally = _Tally(mismatched=even.like.state == "mismatched")
    return _paired(outlines, outlines[0].places(even.owners), places, tally)


def _paired(outlines: tuple[Outline, Outline], owners: Numbers, places: Numbers, tally: _Tally) -> _Found:
    """One bond for each pair of leaves among keys in order; keys that no outline has are left out."""
    there = (owners >= 0) & (places >= 0)
    source, target = (outline.leaves[each[there]] for outline, each in zip(outlines, (owners, places), strict=True))
    pairs, counts = np.unique(source.astype(np.int64) << 32 | target, return_counts=True)
    ends = (pairs >> 32).astype(np.int32), (pairs & 0xFFFFFFFF).astype(np.int32)
    return _Found(*ends, counts.astype(np.int32), np.zeros(len(pairs), np.int32), [tally])


def _written(found: "_Tallies") -> _Found:
    """The same in columns."""
    ends = np.array([*found], np.int32).reshape(-1, 2)
    counts = np.array([tally.count for tally in found.values()], np.int32)
    return _Found(ends[:, 0], ends[:, 1], counts, np.arange(len(found), dtype=np.int32), list(found.values()))


_Tallies = dict[tuple[int, int], _Tally]


def _offered(offered: FamilyOffers, source: Outline, target: Outline, name: str) -> _Found | None:
    """A proposal waits for each key; None where they are not alike."""
    if offered.plain is None or len(offered.confidences) != 1:
        return None
    if offered.plain[0] != name:
        return _EMPTY
    first = next(iter(offered.proposals.values()))
    tally = _Tally(chip="" if first.claim is None else chip_of_claim(first.claim), proposed=True, confidence=first.confidence)
    return _paired((source, target), source.places(offered.plain[1]), target.places(offered.proposals), tally)


def _unevenly(block: Block, offered: FamilyOffers, source: Outline, target: Outline, name: str) -> _Tallies:
    found: _Tallies = {}
    proposals, source_leaf, target_leaf = offered.proposals, source.leaf_of, target.leaf_of
    for key, outcome in each(block.outcomes.items()):
        proposal = proposals.get(key)
        if proposal is not None and proposal.claim is not None:
            _propose(found, proposal, proposal.claim, source_leaf, target_leaf[key], name)
        elif outcome.recipe is not None:
            _count(found, outcome.recipe, source_leaf, target_leaf[key], name, mismatched=outcome.state == "mismatched")
    return found


def _joined(one: _Tally, other: _Tally) -> _Tally:
    """Two families between the same leaves."""
    confidences = [each for each in (one.confidence, other.confidence) if each is not None]
    return _Tally(
        one.count + other.count,
        one.chip or other.chip,
        one.proposed or other.proposed,
        min(confidences, default=None),
        one.mismatched or other.mismatched,
    )


def _count(
    found: dict[tuple[int, int], _Tally], recipe: Recipe, leaf_of: Mapping[str, int], target: int, name: str, *, mismatched: bool
) -> None:
    if isinstance(recipe, Leaf):
        seen = {leaf_of[recipe.key]} if recipe.source == name and recipe.key in leaf_of else set()
    else:
        seen = {leaf_of[leaf.key] for leaf in leaves_of(recipe) if leaf.source == name and leaf.key in leaf_of}
    for leaf in seen:
        tally = found.get((leaf, target))
        if tally is None:
            tally = found[leaf, target] = _Tally(chip=chip_of_recipe(recipe))
        tally.count += 1
        tally.mismatched = tally.mismatched or mismatched


def _propose(
    found: dict[tuple[int, int], _Tally], proposal: Proposal, claim: Claim, leaf_of: Mapping[str, int], target: int, name: str
) -> None:
    for leaf in _leaves(claim, leaf_of, name):
        tally = found.get((leaf, target))
        if tally is None:
            tally = found[leaf, target] = _Tally(chip=chip_of_claim(claim), proposed=True, confidence=proposal.confidence)
        tally.count += 1
        if tally.confidence is not None:
            tally.confidence = min(tally.confidence, proposal.confidence)


def _leaves(claim: Claim, leaf_of: Mapping[str, int], name: str) -> Iterable[int]:
    """Rows of one source that a claim reads, each once."""
    if len(claim.sources) == 1:  # by far the most
        leaf = leaf_of.get(claim.sources[0]) if (claim.names[0] if claim.names else "") == name else None
        return () if leaf is None else (leaf,)
    names = claim.names or ("",) * len(claim.sources)
    return {leaf_of[key] for key, side in zip(claim.sources, names, strict=True) if side == name and key in leaf_of}
