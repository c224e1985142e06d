"""Claims as rules."""

from collections.abc import Mapping

from app.keys import KeyTree
from app.mapping.claims import Claim
from app.mapping.patterns import escape
from app.mapping.plan import Bind, Ref, Rule


def induce(claims: Mapping[str, Claim], sources: Mapping[str, KeyTree], target: KeyTree) -> tuple[Rule, ...]:
    """One rule for each claim."""
    return tuple(
        Bind(escape(key), Ref(escape(claim.sources[0]), claim.names[0] if claim.names else ""))
        for key, claim in claims.items()
        if claim.op == "identity"
    )
