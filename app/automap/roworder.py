"""One decided order of rows, said so that it fits tensors of other sizes: two halves swapped, or the rows of each head put otherwise."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.automap.names import numbered
from app.automap.recipes import Draft
from app.automap.units import Unit
from app.mapping.claims import Claim

Order = tuple[int, ...]
"""Where the rows of one head come from; () for the two halves of the whole, swapped."""
MOST = 1024
"""So many rows one head has at most."""
BY_TOWER = frozenset({"rotary", "heads"})
"""Doubts that each tower of a model has for itself."""


def followers(fixed: Mapping[str, Claim | None], found: Mapping[str, Draft], vs: Sequence[Unit]) -> Iterator[tuple[str, Claim]]:
    """Yield target key -> claim for what is in the doubt that a decision about rows has ended: what was decided, in its own size."""
    orders: dict[tuple[str, ...], set[Order | None]] = {}
    for key, claim in fixed.items():
        draft = found.get(key)
        if draft is None or claim is None or not draft.doubt or claim.sources != draft.claim.sources:
            continue
        index = claim.args.get("index") if claim.op == "permute" and not claim.args.get("dim") else None
        orders.setdefault(_doubt(draft, vs), set()).add(order_of(index) if isinstance(index, list) else None)
    known = {doubt: next(iter(said)) for doubt, said in orders.items() if len(said) == 1}
    for key, draft in found.items() if known else ():
        order = known.get(_doubt(draft, vs)) if draft.doubt else None
        if order is not None and key not in fixed and draft.claim.op == "identity":
            index = rows(order, vs[draft.pairs[0][1]].params[draft.param][0])
            if index is not None:
                args: dict[str, Any] = {"kind": "rows", "dim": 0, "index": index}
                yield key, Claim(draft.claim.sources, "permute", args, draft.claim.names)


def _doubt(draft: Draft, vs: Sequence[Unit]) -> tuple[str, ...]:
    unit = vs[draft.pairs[0][1]]
    if draft.doubt not in BY_TOWER:  # of adaptive norms not all have a name
        return (draft.doubt, unit.role) if draft.doubt != "halves" else (draft.doubt,)
    return draft.doubt, *unit.path[: next((at for at, part in enumerate(unit.path) if numbered(part)), 0)]


def order_of(index: Sequence[Any]) -> Order | None:
    """Return what an order of rows does to each head, or to the two halves; None where it is neither, or there is but one head to go by."""
    count = len(index)
    half = count // 2
    if count % 2 == 0 and list(index) == [*range(half, count), *range(half)]:
        return ()
    for size in range(2, min(count // 2, MOST) + 1):
        if count % size == 0 and max(index[:size]) == size - 1 and rows(tuple(index[:size]), count) == list(index):
            return tuple(index[:size])
    return None


def rows(order: Order, count: int) -> list[int] | None:
    """Return an order for so many rows; None where they are no whole number of heads."""
    if not order:
        return [*range(count // 2, count), *range(count // 2)] if count % 2 == 0 else None
    if count % len(order):
        return None
    return [start + row for start in range(0, count, len(order)) for row in order]
