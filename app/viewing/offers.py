"""Which of a file's trees are worth a choice."""

from collections.abc import Iterable

from app.keys import Token, TreeOffer


def telling(offers: Iterable[TreeOffer], used: tuple[Token, ...]) -> tuple[TreeOffer, ...]:
    """Leave off a tree that holds nothing but another one that is offered: the same tensors under longer keys. The one in use stays."""
    listed = tuple(offers)
    return tuple(offer for offer in listed if offer.nesting == used or not any(_wraps(offer, other) for other in listed))


def _wraps(outer: TreeOffer, inner: TreeOffer) -> bool:
    deeper = len(inner.nesting) > len(outer.nesting) and inner.nesting[: len(outer.nesting)] == outer.nesting
    return deeper and inner.tensors == outer.tensors
