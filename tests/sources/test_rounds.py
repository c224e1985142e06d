"""Rounds travel and arrive; what is read is known again by its mark."""

import gzip
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import LimitError
from app.sources import RangeStore, marks
from app.sources.rounds import RoundError, inflate, pack, unpack


@given(st.lists(st.tuples(st.text(max_size=20), st.integers(0, 2**53), st.binary(max_size=3000)), max_size=6))
def test_a_round_arrives_as_it_left(parts: list[tuple[str, int, bytes]]) -> None:
    """Packed or not, names of any kind, empty ranges too."""
    parts = [(name.encode("utf-8", "replace").decode(), offset, data) for name, offset, data in parts]
    body, packed = pack(parts)
    assert unpack(inflate(body) if packed else body) == parts


def test_a_bomb_is_stopped_where_the_limit_is() -> None:
    """A megabyte of nothing packs to a kilobyte; unpacking ends at what is allowed."""
    body = gzip.compress(bytes(1 << 20))
    assert inflate(body, 1 << 20) == bytes(1 << 20)
    with pytest.raises(LimitError, match="lent_too_much"):
        inflate(body, (1 << 20) - 1)
    with pytest.raises(RoundError, match="request_unreadable"):
        inflate(b"no gzip at all")


def test_a_mark_tells_ranges_and_their_hash() -> None:
    """One for each file, over what is held of it in order; another byte, another mark."""
    store = RangeStore()
    store.put("b", 4, b"rest")
    store.put("a", 100, b"end")
    store.put("a", 0, b"begin")
    first, second = marks(store)
    assert (first.name, first.ranges) == ("a", ((0, 5), (100, 3)))
    assert first.digest == sha256(sha256(b"begin").digest() + sha256(b"end").digest()).hexdigest()
    assert second.ranges == ((4, 4),)
    store.put("a", 101, b"x")
    assert marks(store)[0].digest != first.digest
    assert marks(store)[1] == second
