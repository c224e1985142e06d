"""Families are keys that are equal but for integer segments."""

from hypothesis import given
from hypothesis import strategies as st

from app.keys import families, family_of


def test_only_plain_integers_are_holes():
    """Leading zeros, long digits and digits inside a word are names."""
    assert family_of("a.0.b12.007.1234567890.3") == ("a.{}.b12.007.1234567890.{}", (0, 3))


def test_families_keep_order_and_members():
    """A family stands where its first member stands."""
    folded = families(["x.0.w", "y", "x.1.w"])
    assert list(folded) == ["x.{}.w", "y"]
    assert folded["x.{}.w"].members == (((0,), "x.0.w"), ((1,), "x.1.w"))


@given(st.lists(st.lists(st.sampled_from(["a", "0", "12", "b"]), min_size=1, max_size=4).map(".".join), unique=True))
def test_no_key_is_lost(keys):
    """Folding is a partition."""
    assert sorted(key for family in families(keys).values() for _, key in family.members) == sorted(keys)
