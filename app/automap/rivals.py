"""What else a target key could take: the next best units, as claims, best first."""

from collections.abc import Iterator
from math import exp

from app.automap.evidence import op_of
from app.automap.matching import Matching
from app.automap.units import Unit
from app.mapping.claims import Claim

MOST = 3
Alternatives = tuple[tuple[Claim, float], ...]


def rivals(matching: Matching, b: int, chosen: int | None, left: float) -> Iterator[tuple[str, Alternatives]]:
    """Yield target key -> alternatives for one target unit; `left` is the confidence that the chosen one leaves them."""
    v = matching.vs[b]
    if v.whole is not None:
        return
    others = [
        a for a in matching.columns.get(b, ()) if a != chosen and matching.us[a].whole is None and matching.us[a].lengths == v.lengths
    ]
    others.sort(key=lambda a: -matching.scores[a, b])
    others = others[:MOST]
    if not others:
        return
    best = matching.scores[others[0], b]
    weights = [exp(matching.scores[a, b] - best) for a in others]
    shares = [round(left * weight / (1 + sum(weights)), 3) for weight in weights]
    for param in v.params:
        columns = [_claims(matching.us[a], v, param) for a in others]
        for at, key in enumerate(v.keys(param)):
            yield key, tuple((column[at], share) for column, share in zip(columns, shares, strict=True) if column)


def _claims(u: Unit, v: Unit, param: str) -> list[Claim]:
    op = op_of(u, v, param) if param in u.params else None
    if op is None:
        return []
    return [Claim((key,), op[0], op[1], (u.source,) if u.source else ()) for key in u.keys(param)]
