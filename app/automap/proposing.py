"""The mapper's door: two sides in, one proposal for each target key out."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.automap.suffixes import by_suffix
from app.keys import KeyTree
from app.mapping.claims import Claim, Proposal
from app.mapping.outcomes import Reason


def propose(
    sources: Mapping[str, KeyTree], target: KeyTree, *, fixed: Mapping[str, Claim | None] | None = None, library: Sequence[Any] = ()
) -> dict[str, Proposal]:
    """Suggest where each target key's value comes from.

    sources -- source name ("" where there is one) -> its tree
    fixed   -- a person's decisions, as facts: target key -> claim, None for "starts fresh"
    library -- approved transfers to replay where both fingerprints agree

    Returns one proposal for each target key, in target order; `claim` None where nothing is known.
    """
    decided = fixed or {}
    proposals: dict[str, Proposal] = {}
    shapes = {key: info.shape for key, info in target.tensors.items()}
    for name, tree in sources.items():
        pairs = by_suffix({key: info.shape for key, info in tree.tensors.items()}, shapes, (tree.separator, target.separator))
        for key, source in pairs.items():
            claim = Claim((source,), names=(name,) if name else ())
            proposals[key] = Proposal(key, claim, 0.9, accepted=key not in proposals, reasons=(Reason("same-suffix"),))
    return {key: _decided(key, decided) if key in decided else proposals.get(key, Proposal(key, None)) for key in shapes}


def _decided(key: str, fixed: Mapping[str, Claim | None]) -> Proposal:
    return Proposal(key, fixed[key], 1.0, accepted=True, reasons=(Reason("decided"),))
