"""Which trees of a file are offered."""

from app.keys import TreeOffer
from app.viewing.offers import telling


def test_a_wrapper_is_no_choice() -> None:
    """The top of a file whose tensors all lie under one name says nothing new, unless it is what is in use."""
    inner, top = TreeOffer(("state_dict",), 20), TreeOffer((), 20)
    assert telling((inner, top), ("state_dict",)) == (inner,)
    assert telling((inner, top), ()) == (inner, top)


def test_trees_that_differ_stay() -> None:
    """As many tensors elsewhere are other tensors."""
    offers = (TreeOffer(("model",), 20), TreeOffer(("ema",), 20), TreeOffer((), 40))
    assert telling(offers, ("model",)) == offers
