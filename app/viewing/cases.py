"""Cases: what still waits for a person, one family of target keys at a time, each to be settled by one decision."""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b

import msgspec

from app.keys import KeyTree
from app.mapping.claims import Claim, Proposal
from app.mapping.offers import FamilyOffers, Offers
from app.stopping import each
from app.viewing.marks import TargetStates
from app.viewing.nodes import Numbers
from app.viewing.outlines import outline_of
from app.viewing.placing import offered_places, places_of
from app.viewing.states import NEEDS

Likeness = tuple[object, ...]


class Case(msgspec.Struct, frozen=True):
    """Keys that one decision settles: of one folded row, in one state, for which the mapper thinks the same.

    id      -- stable as long as what it says is
    node    -- row of the target's folded outline: a leaf, or the module of several
    certain -- whether all may be taken without a person
    """

    id: str
    node: int
    state: str
    keys: tuple[str, ...]
    certain: bool


def ranked(proposal: Proposal | None) -> tuple[tuple[Claim, float], ...]:
    """The claims of a proposal, best first."""
    if proposal is None:
        return ()
    first = ((proposal.claim, proposal.confidence),) if proposal.claim is not None else ()
    return (*first, *proposal.alternatives)


class Rows:
    """The folded rows of the trees, by which claims are compared."""

    def __init__(self, sources: Mapping[str, KeyTree], target: KeyTree) -> None:
        self.target = outline_of(target)
        self.sources = {name: outline_of(tree) for name, tree in sources.items()}

    def of(self, name: str, key: str, *, whole: bool = False) -> int | str:
        """The row of a source key, or with `whole` the module above it; a key that is in no tree stands for itself."""
        outline = self.sources.get(name)
        number = outline.leaf_of.get(key) if outline is not None else None
        if outline is None or number is None:
            return key
        return outline.nodes[number].parent if whole else number

    def whole(self, key: str, claim: Claim) -> bool:
        """Whether a claim takes a tensor from one of the same name in another module."""
        outline = self.sources.get(claim.names[0] if claim.names else "")
        number = outline.leaf_of.get(claim.sources[0]) if outline is not None and len(claim.sources) == 1 else None
        if outline is None or number is None:
            return False
        here, there = self.target.nodes[self.target.leaf_of[key]], outline.nodes[number]
        return here.label == there.label and here.parent > 0 and there.parent > 0 and here.label[0] is not None

    def likeness(self, key: str, claim: Claim) -> Likeness:
        """Equal for claims that fill keys of one row, or of one module, in the same way from the same rows."""
        whole = self.whole(key, claim)
        names = claim.names or ("",) * len(claim.sources)
        rows = [(name, self.of(name, source, whole=whole)) for name, source in zip(names, claim.sources, strict=True)]
        return (claim.op, whole, *dict.fromkeys(rows), *(sorted(claim.args.items()) if claim.args else ()))

    def unit(self, key: str, claims: tuple[tuple[Claim, float], ...]) -> int:
        """The row that a key is settled with: its own, or its module where that comes from one module."""
        leaf = self.target.leaf_of[key]
        return self.target.nodes[leaf].parent if claims and self.whole(key, claims[0][0]) else leaf


def cases(
    sources: Mapping[str, KeyTree],
    target: KeyTree,
    states: Mapping[str, str],
    pending: Mapping[str, Proposal],
    proposals: Mapping[str, Proposal],
) -> tuple[Case, ...]:
    """All cases: those that need thought first, each kind in the target's order."""
    rows = Rows(sources, target)
    found: dict[tuple[int, str, str], tuple[list[str], set[int]]] = {}
    for (leaf, state, *_), keys in _alike(rows, states, proposals).items():
        claims = ranked(proposals.get(keys[0]))
        how = repr(rows.likeness(keys[0], claims[0][0])) if claims else ""
        own, leaves = found.setdefault((rows.unit(keys[0], claims), state, how), ([], set()))
        own.extend(keys)
        leaves.add(leaf)
    made = [_case(unit, state, how, keys, leaves, pending) for (unit, state, how), (keys, leaves) in found.items()]
    return tuple(sorted(made, key=lambda case: (case.certain, case.node)))


def _alike(rows: Rows, states: Mapping[str, str], proposals: Mapping[str, Proposal]) -> dict[tuple[int, str, Likeness], list[str]]:
    """Keys of one row, in one state, that the mapper would fill from one row: a first sorting that looks at each of 92k keys but once."""
    leaf_of = rows.target.leaf_of
    found: dict[tuple[int, str, Likeness], list[str]] = {}
    for keys, alike in _families(rows, states, proposals):
        if alike is not None:
            found.setdefault(alike, []).extend(keys)
            continue
        for key in each(keys):
            state = states[key]
            if state in NEEDS:
                proposal = proposals.get(key)
                claim = None if proposal is None else proposal.claim or next((each for each, _ in proposal.alternatives), None)
                found.setdefault((leaf_of[key], state, () if claim is None else _quick(rows, claim)), []).append(key)
    return found


def _families(
    rows: Rows, states: Mapping[str, str], proposals: Mapping[str, Proposal]
) -> Iterator[tuple[Sequence[str], tuple[int, str, Likeness] | None]]:
    """Keys family by family, and what they are told apart by where it is the same for all; without families that nothing waits in."""
    if not isinstance(states, TargetStates):
        yield list(states), None
        return
    places = places_of(states.targets.folded, rows.target)
    for at, block in enumerate(states.targets.blocks):
        state = states.even(at)
        if not state or state in NEEDS:
            alike = _whole(rows, places[at], proposals.parts[at]) if state and isinstance(proposals, Offers) else None
            yield block.keys, None if alike is None else (alike[0], state, alike[1])


def _whole(rows: Rows, places: Numbers, part: FamilyOffers) -> tuple[int, Likeness] | None:
    """The row of a family that waits as one, each key for one of one row of the source as it is; None where it does not. Nearly all of a large model do."""
    outline = rows.sources.get(part.plain[0]) if part.plain is not None and part.plain[1] else None
    if part.plain is None or outline is None or len(part.proposals) != len(places):
        return None
    taken = offered_places(part, outline, part.plain[0])
    here, there = rows.target.leaves[places], outline.leaves[taken]
    first = next(iter(part.proposals.values())).claim
    if len(taken) < len(part.takes[part.plain[0]]) or here.min() < here.max() or there.min() < there.max() or first is None:
        return None
    return int(here[0]), _quick(rows, first)


def _quick(rows: Rows, claim: Claim) -> Likeness:
    outline = rows.sources.get(claim.names[0] if claim.names else "")
    leaves = tuple([outline.leaf_of.get(source, source) for source in claim.sources]) if outline is not None else claim.sources
    return (claim.op, claim.names, frozenset(leaves) if len(leaves) > 1 else leaves[0], repr(claim.args) if claim.args else "")


def _case(unit: int, state: str, how: str, keys: list[str], leaves: set[int], pending: Mapping[str, Proposal]) -> Case:
    name = blake2b(f"{unit}\0{state}\0{how}".encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return Case(name, min(leaves) if len(leaves) == 1 else unit, state, tuple(keys), _certain(keys, pending))


def _certain(keys: list[str], pending: Mapping[str, Proposal]) -> bool:
    if isinstance(pending, Offers):
        part = pending.parts[pending.folded.of[keys[0]]]
        if len(part.proposals) == len(keys) and (list(part.proposals) == keys or not part.proposals.keys() - keys):
            return part.certain == len(keys)
    return all(key in pending and pending[key].accepted for key in keys)


def claims_alike(rows: Rows, case: Case, number: int, proposals: Mapping[str, Proposal]) -> dict[str, Claim]:
    """For each key of a case the claim that does what the first key's claim of that number does; keys that have none are left out."""
    found = all_alike(rows, case, proposals)
    return found[number] if 0 <= number < len(found) else {}


def all_alike(rows: Rows, case: Case, proposals: Mapping[str, Proposal]) -> list[dict[str, Claim]]:
    """The same for each claim of the first key, by number; every claim of all keys is looked at once."""
    wanted = [rows.likeness(case.keys[0], claim) for claim, _ in ranked(proposals.get(case.keys[0]))]
    out: list[dict[str, Claim]] = [{} for _ in wanted]
    known: dict[object, list[dict[str, Claim]]] = {}
    leaf_of = rows.target.leaf_of
    for key in case.keys:
        leaf = leaf_of[key]
        for claim, _ in ranked(proposals.get(key)):
            told = (leaf, *_rows_read(rows, claim))
            alike = known.get(told)
            if alike is None:
                likeness = rows.likeness(key, claim)
                alike = known[told] = [taken for taken, each in zip(out, wanted, strict=True) if each == likeness]
            for taken in alike:
                taken.setdefault(key, claim)
    return out


def _rows_read(rows: Rows, claim: Claim) -> Likeness:
    """What the likeness of claims for one row depends on: 92k keys read few rows."""
    names = claim.names or ("",)
    if len(claim.sources) == 1:
        outline = rows.sources.get(names[0])
        read: object = claim.sources[0] if outline is None else outline.leaf_of.get(claim.sources[0], claim.sources[0])
    else:
        listed = claim.names or ("",) * len(claim.sources)
        read = tuple(dict.fromkeys((name, rows.of(name, source)) for name, source in zip(listed, claim.sources, strict=True)))
    return claim.op, names, read, len(claim.sources) == 1, repr(claim.args) if claim.args else ""
