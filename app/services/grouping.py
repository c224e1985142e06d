"""Proposals that belong together: one family of target keys, filled in one way. Pure."""

import hashlib
from collections.abc import Mapping

from app.keys import KeyTree, family_of
from app.mapping.claims import Claim, Proposal
from app.services.cards import ProposalGroup

Likeness = tuple[str, tuple[str, ...], str]


def groups(proposals: Mapping[str, Proposal], sources: Mapping[str, KeyTree], target: KeyTree) -> tuple[ProposalGroup, ...]:
    """Group proposals by family and by how they fill it, in target order."""
    found: dict[Likeness, list[Proposal]] = {}
    for key, proposal in proposals.items():
        if proposal.claim is not None:
            found.setdefault(_likeness(key, proposal.claim, sources, target), []).append(proposal)
    return tuple(_group(*likeness, members) for likeness, members in found.items())


def _likeness(key: str, claim: Claim, sources: Mapping[str, KeyTree], target: KeyTree) -> Likeness:
    names = claim.names or ("",) * len(claim.sources)
    templates = tuple(
        dict.fromkeys(
            (f"{name}:" if name else "") + family_of(source, sources[name].separator)[0]
            for source, name in zip(claim.sources, names, strict=True)
        )
    )
    return family_of(key, target.separator)[0], templates, claim.op


def _group(target: str, sources: tuple[str, ...], op: str, members: list[Proposal]) -> ProposalGroup:
    keys = tuple(member.target for member in members)
    name = hashlib.blake2b("\0".join([target, *sources, op]).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return ProposalGroup(
        name, target, sources, op, keys, min(member.confidence for member in members), all(member.accepted for member in members)
    )
