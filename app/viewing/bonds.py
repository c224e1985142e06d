"""Bonds: which leaves of a source outline fill which leaves of the target outline."""

from collections.abc import Iterator, Mapping

import msgspec

from app.mapping.claims import Claim, Proposal
from app.mapping.outcomes import Evaluation, Leaf, Recipe
from app.viewing.chips import chip_of_claim, chip_of_recipe, chip_of_shapes
from app.viewing.outline import Outline


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


class Bonds(msgspec.Struct, frozen=True):
    """All bonds, by either end."""

    of_target: dict[int, tuple[Bond, ...]]
    of_source: dict[int, tuple[Bond, ...]]


class _Tally(msgspec.Struct):
    count: int = 0
    chip: str = ""
    proposed: bool = False
    confidence: float | None = None
    mismatched: bool = False


def leaves_of(recipe: Recipe) -> Iterator[Leaf]:
    """Every source key that a recipe reads, in order."""
    if isinstance(recipe, Leaf):
        yield recipe
    else:
        for part in recipe.inputs:
            yield from leaves_of(part)


def bind(source: Outline, target: Outline, evaluation: Evaluation, pending: Mapping[str, Proposal], name: str = "") -> Bonds:
    """Find the bonds between one source and the target."""
    found: dict[tuple[int, int], _Tally] = {}
    source_leaf, target_leaf = source.leaf_of, target.leaf_of
    for key, outcome in evaluation.targets.items():
        proposal = pending.get(key)
        if proposal is not None and proposal.claim is not None:
            _propose(found, proposal, proposal.claim, source_leaf, target_leaf[key], name)
        elif outcome.recipe is not None:
            _count(found, outcome.recipe, source_leaf, target_leaf[key], name, mismatched=outcome.state == "mismatched")
    return _both_ends(found, source, target)


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
    names = claim.names or ("",) * len(claim.sources)
    for leaf in {leaf_of[key] for key, side in zip(claim.sources, names, strict=True) if side == name and key in leaf_of}:
        tally = found.setdefault((leaf, target), _Tally(chip=chip_of_claim(claim), proposed=True, confidence=proposal.confidence))
        tally.count += 1
        if tally.confidence is not None:
            tally.confidence = min(tally.confidence, proposal.confidence)


def _both_ends(found: dict[tuple[int, int], _Tally], sources: Outline, targets: Outline) -> Bonds:
    of_target: dict[int, list[Bond]] = {}
    of_source: dict[int, list[Bond]] = {}
    for (source, target), tally in found.items():
        chip = tally.chip
        if tally.mismatched and not chip:
            given, wanted = sources.nodes[source].info, targets.nodes[target].info
            chip = chip_of_shapes(given.shape if given else None, wanted.shape if wanted else None)
        bond = Bond(source, target, tally.count, chip, tally.proposed, tally.confidence)
        of_target.setdefault(target, []).append(bond)
        of_source.setdefault(source, []).append(bond)
    return Bonds(
        {target: tuple(sorted(bonds, key=lambda bond: bond.source)) for target, bonds in of_target.items()},
        {source: tuple(sorted(bonds, key=lambda bond: bond.target)) for source, bonds in of_source.items()},
    )
