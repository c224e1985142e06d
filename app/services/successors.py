"""Which keys of one version of a side are which of the next: the automatic mapper, asked about a tree and its successor."""

from app import automap
from app.errors import KeygraftError
from app.keys import KeyTree
from app.mapping.claims import Claim


def successors(old: KeyTree, new: KeyTree) -> dict[str, str]:
    """Keys that are gone under their old name, and the new name of each, where that is certain: old -> new."""
    vanished = old.tensors.keys() - new.tensors.keys()
    fresh = new.tensors.keys() - old.tensors.keys()
    if not vanished or not fresh:
        return {}
    known = {key: Claim((key,)) for key in old.tensors if key in new.tensors}
    try:
        proposed = automap.propose({"": old}, new, fixed=known)
    except KeygraftError:  # too large a change to tell: then nothing moved, and all is said to be new
        return {}
    found: dict[str, str] = {}
    for key, proposal in proposed.items():
        claim = proposal.claim
        if key in fresh and proposal.accepted and claim is not None and claim.op == "identity" and claim.sources[0] in vanished:
            found.setdefault(claim.sources[0], key)
    return found
