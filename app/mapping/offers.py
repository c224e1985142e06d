"""Proposals in families, as the evaluation has them: what is still open after an edit is known without a look at every key."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from app.mapping.assembled import TargetFamilies, Targets
from app.mapping.block import Block
from app.mapping.claims import Claim, Proposal

_KEPT = 6

FOLLOWS = "follows-decision"
"""Code of the reason that a proposal follows from a decision."""


class FamilyOffers:
    """Proposals for keys of one family, each with a claim."""

    def __init__(self, proposals: dict[str, Proposal]) -> None:
        self.proposals = proposals
        self._among: list[tuple[Block, frozenset[str], FamilyOffers]] = []

    def among(self, block: Block, states: frozenset[str]) -> "FamilyOffers":
        """Those whose key is in one of some states; the same value for the same block."""
        if not self.proposals:
            return self
        if block.even is not None:
            return self if block.even.like.state in states else NONE
        for known, wanted, found in self._among:
            if known is block and wanted == states:
                return found
        outcomes = block.outcomes
        kept = {key: each for key, each in self.proposals.items() if outcomes[key].state in states}
        made = self if len(kept) == len(self.proposals) else FamilyOffers(kept)
        self._among = [*self._among[1 - _KEPT :], (block, states, made)]
        return made

    @cached_property
    def certain(self) -> int:
        """How many need no person."""
        return sum(proposal.accepted for proposal in self.proposals.values())

    @cached_property
    def confidences(self) -> Mapping[float, int]:
        """Confidence -> how many have it."""
        return Counter([proposal.confidence for proposal in self.proposals.values()])

    @cached_property
    def plain(self) -> tuple[str, list[str]] | None:
        """The source's name and the source key of each, in order, where all take one key of one source as it is; None where one does not."""
        name: str | None = None
        keys: list[str] = []
        for proposal in self.proposals.values():
            claim = proposal.claim
            if claim is None or claim.op != "identity" or len(claim.sources) != 1:
                return None
            own = claim.names[0] if claim.names else ""
            if own != name and name is not None:
                return None
            name = own
            keys.append(claim.sources[0])
        return name or "", keys

    @cached_property
    def following(self) -> int:
        """How many of those follow from what a person decided about others."""
        return sum(proposal.accepted and any(reason.code == FOLLOWS for reason in proposal.reasons) for proposal in self.proposals.values())

    @cached_property
    def takes(self) -> dict[str, frozenset[str]]:
        """Source name -> source keys that would be used."""
        if self.plain is not None:
            return {self.plain[0]: frozenset(self.plain[1])} if self.plain[1] else {}
        found: dict[str, set[str]] = {}
        for proposal in self.proposals.values():
            claim = proposal.claim
            if claim is None:
                continue
            if not claim.names:
                found.setdefault("", set()).update(claim.sources)
            else:
                for name, key in zip(claim.names, claim.sources, strict=True):
                    found.setdefault(name, set()).add(key)
        return {name: frozenset(keys) for name, keys in found.items()}

    def look_over(self) -> None:
        """Work out what every page asks of it, while nobody waits."""
        _ = self.certain, self.takes


NONE = FamilyOffers({})


class Offers(Mapping[str, Proposal]):
    """Target key -> proposal, family by family."""

    def __init__(self, folded: TargetFamilies, parts: Sequence[FamilyOffers]) -> None:
        self.folded = folded
        self.parts = parts

    def __getitem__(self, key: str) -> Proposal:
        """Proposal for one key."""
        return self.parts[self.folded.of[key]].proposals[key]

    def get(self, key: str, default: Any = None) -> Any:
        """Proposal for one key, or something else."""
        at = self.folded.of.get(key)
        return default if at is None else self.parts[at].proposals.get(key, default)

    def __contains__(self, key: object) -> bool:
        """Whether there is a proposal for a key."""
        at = self.folded.of.get(key)  # type: ignore[call-overload]  # a key that is no text is not there
        return at is not None and key in self.parts[at].proposals

    def __iter__(self) -> Iterator[str]:
        """Keys, family by family."""
        for part in self.parts:
            yield from part.proposals

    def __len__(self) -> int:
        """Number of proposals."""
        return sum(len(part.proposals) for part in self.parts)

    def lacking(self, keys: Iterable[str]) -> Iterator[str]:
        """Those of some keys that have none; many keys are asked about as fast as a dictionary can."""
        of, parts = self.folded.of, [part.proposals for part in self.parts]
        return (key for key in keys if key not in of or key not in parts[of[key]])

    def among(self, targets: Targets, states: frozenset[str]) -> "Offers":
        """Those whose key is in one of some states."""
        return Offers(self.folded, [part.among(block, states) for part, block in zip(self.parts, targets.blocks, strict=True)])

    def without(self, keys: Iterable[str]) -> "Offers":
        """All but some."""
        gone: dict[int, set[str]] = {}
        for key in keys:
            if key in self:
                gone.setdefault(self.folded.of[key], set()).add(key)
        parts = list(self.parts)
        for at, left_out in gone.items():
            parts[at] = FamilyOffers({key: each for key, each in parts[at].proposals.items() if key not in left_out})
        return Offers(self.folded, parts)

    def same(self, other: "Offers") -> bool:
        """Whether these are the very proposals of another look."""
        return self.folded is other.folded and all(mine is theirs for mine, theirs in zip(self.parts, other.parts, strict=True))

    @property
    def certain(self) -> int:
        """How many need no person."""
        return sum(part.certain for part in self.parts)

    @property
    def confidences(self) -> Mapping[float, int]:
        """Confidence -> how many have it."""
        found: Counter[float] = Counter()
        for part in self.parts:
            found.update(part.confidences)
        return found

    @property
    def following(self) -> int:
        """How many of those follow from what a person decided about others."""
        return sum(part.following for part in self.parts)

    def takes(self, source: str) -> frozenset[str]:
        """Keys of a source that would be used."""
        return frozenset().union(*(part.takes.get(source, frozenset()) for part in self.parts))


class Taken(Mapping[str, Claim]):
    """Claims of proposals that are taken together: families where all are taken, so that taking everything is no walk over all keys.

    whole -- place of a family -> its open proposals, which are all taken; single -- the other keys that are taken
    """

    def __init__(self, folded: TargetFamilies, whole: Mapping[int, FamilyOffers], single: Mapping[str, Claim]) -> None:
        self.folded = folded
        self.whole = whole
        self.single = single

    def __getitem__(self, key: str) -> Claim:
        """Claim of one key."""
        found = self.whole.get(self.folded.of[key])
        claim = self.single[key] if found is None else found.proposals[key].claim
        if claim is None:
            raise KeyError(key)
        return claim

    def __contains__(self, key: object) -> bool:
        """Whether a key is taken."""
        at = self.folded.of.get(key)  # type: ignore[call-overload]  # a key that is no text is not there
        found = self.whole.get(at)
        return key in (self.single if found is None else found.proposals)

    def __iter__(self) -> Iterator[str]:
        """Keys, whole families first."""
        for part in self.whole.values():
            yield from part.proposals
        yield from self.single

    def parted(self) -> "tuple[Taken, Taken]":
        """The families whose keys each take one source key as it is, and the rest."""
        plain = {at: part for at, part in self.whole.items() if part.plain is not None}
        rest = {at: part for at, part in self.whole.items() if part.plain is None}
        return Taken(self.folded, plain, {}), Taken(self.folded, rest, self.single)

    def apart(self, families: Collection[int]) -> list[str]:
        """Keys that are of none of some families which are taken as a whole."""
        return [*(key for at, part in self.whole.items() if at not in families for key in part.proposals), *self.single]

    def __len__(self) -> int:
        """Number of keys."""
        return sum(len(part.proposals) for part in self.whole.values()) + len(self.single)


def taken(given: Offers, *, at_least: float | None = None, certain: bool = False) -> Taken:
    """The claims of all proposals from a confidence on and, `certain`, of those that need no person."""
    whole: dict[int, FamilyOffers] = {}
    single: dict[str, Claim] = {}
    for at, part in enumerate(given.parts):
        sure = at_least is not None and min(part.confidences, default=-1.0) >= at_least
        if part.proposals and (sure or (certain and part.certain == len(part.proposals))):
            whole[at] = part
            continue
        for key, each in part.proposals.items():
            if each.claim is not None and ((at_least is not None and each.confidence >= at_least) or (certain and each.accepted)):
                single[key] = each.claim
    return Taken(given.folded, whole, single)


def taken_of(given: Offers, keys: Iterable[str]) -> Taken:
    """The claims of some keys' proposals. Raises KeyError for a key that has none."""
    among: dict[int, list[str]] = {}
    for key in dict.fromkeys(keys):
        among.setdefault(given.folded.of[key], []).append(key)
    whole = {at: given.parts[at] for at, listed in among.items() if len(listed) == len(given.parts[at].proposals)}
    rest = [key for at, listed in among.items() if at not in whole for key in listed]
    return Taken(given.folded, whole, {key: claim for key in rest if (claim := given[key].claim) is not None})


def offers(folded: TargetFamilies, proposals: Mapping[str, Proposal]) -> Offers:
    """Sort proposals that have a claim into families; keys that the target does not have are left out."""
    parts: list[dict[str, Proposal]] = [{} for _ in folded.families]
    for key, proposal in proposals.items():
        at = folded.of.get(key)
        if at is not None and proposal.claim is not None:
            parts[at][key] = proposal
    return Offers(folded, [FamilyOffers(part) if part else NONE for part in parts])
