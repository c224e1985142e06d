"""Memory: what was approved before, found again by the architecture of both sides and replayed."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from app.keys import KeyTree
from app.mapping.claims import Claim, Proposal
from app.mapping.outcomes import Reason

FORMAT = 1


class Approved(msgspec.Struct, frozen=True, omit_defaults=True):
    """A transfer that people approved.

    sources -- source name -> fingerprint of its tree
    target  -- fingerprint of the target
    claims  -- target key -> claim; None: starts fresh
    title   -- for people; used -- how often it was taken again
    """

    sources: dict[str, str]
    target: str
    claims: dict[str, Claim | None]
    title: str = ""
    used: int = 0


class Recalled(msgspec.Struct, frozen=True):
    """An approved transfer that fits these trees, and the share of target keys that it settles."""

    approved: Approved
    share: float
    exact: bool


def fingerprint(tree: KeyTree) -> str:
    """Return a digest of keys and shapes; neither order nor element types nor bytes enter into it.

    Two checkpoints of one model with one configuration have the same; a changed head has another.
    """
    digest = hashlib.sha256(f"keygraft-architecture {FORMAT}\n".encode())
    for key in sorted(tree.tensors):
        shape = tree.tensors[key].shape
        digest.update(f"{key}\0{'?' if shape is None else ','.join(map(str, shape))}\n".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def recall(library: Iterable[Approved], sources: Mapping[str, KeyTree], target: KeyTree) -> list[Recalled]:
    """Return what fits, best first: the same architectures, or transfers whose keys still stand here with their shapes."""
    entries = list(library)
    if not entries:
        return []
    prints = {name: fingerprint(tree) for name, tree in sources.items()}
    goal = fingerprint(target)
    found = []
    for entry in entries:
        exact = entry.target == goal and entry.sources == prints
        kept = sum(1 for key, claim in entry.claims.items() if key in target.tensors and (exact or stands(claim, key, sources, target)))
        if kept:
            found.append(Recalled(entry, kept / max(len(target.tensors), 1), exact))
    return sorted(found, key=lambda item: (item.exact, item.share, item.approved.used), reverse=True)


def stands(claim: Claim | None, key: str, sources: Mapping[str, KeyTree], target: KeyTree) -> bool:
    """Whether a claim's keys are here and, where it only moves them, of one shape."""
    if claim is None:
        return False
    names = claim.names or ("",) * len(claim.sources)
    trees = [sources.get(name) for name in names]
    if any(tree is None or source not in tree.tensors for tree, source in zip(trees, claim.sources, strict=True)):
        return False
    first = trees[0]
    return claim.op == "identity" and first is not None and first.tensors[claim.sources[0]].shape == target.tensors[key].shape


def replay(recalled: Sequence[Recalled], sources: Mapping[str, KeyTree], target: KeyTree) -> dict[str, Proposal]:
    """Return proposals from the transfer that fits exactly, all of them certain; nothing where none does."""
    for item in recalled:
        if item.exact:
            reason = (Reason("replayed"),)
            return {
                key: Proposal(key, claim, 1.0, accepted=True, reasons=reason)
                for key, claim in item.approved.claims.items()
                if key in target.tensors and (claim is None or present(claim, sources))
            }
    return {}


def present(claim: Claim, sources: Mapping[str, KeyTree]) -> bool:
    """Whether all source keys of a claim are here."""
    names = claim.names or ("",) * len(claim.sources)
    return all(name in sources and key in sources[name].tensors for name, key in zip(names, claim.sources, strict=True))
