"""A claim: one target key and where its value comes from, in the words of the contract with scripts.

It is what the automatic mapper proposes, what a corpus holds as truth, and what rules are induced from.
"""

import msgspec

from app.mapping.outcomes import Reason
from app.mapping.plan import Arg


class Claim(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The value of one target key.

    sources -- source keys in the order of the op, as spelt in their trees
    names   -- source name of each (empty: all from the unnamed source)
    op      -- outermost operation: identity, slice, concat, stack, transpose, permute, reshape, interpolate, repeat, sum, pad
    args    -- its recipe, in the words of P.json
    """

    sources: tuple[str, ...]
    op: str = "identity"
    args: dict[str, Arg] = {}
    names: tuple[str, ...] = ()


class Proposal(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A claim that the automatic mapper suggests for a target key.

    claim        -- None: it does not know, or believes that the key starts fresh
    confidence   -- 0..1, calibrated
    accepted     -- whether it may be taken without a person
    reasons      -- in words
    alternatives -- other claims, best first, with their confidence
    """

    target: str
    claim: Claim | None
    confidence: float = 0.0
    accepted: bool = False
    reasons: tuple[Reason, ...] = ()
    alternatives: tuple[tuple[Claim, float], ...] = ()
