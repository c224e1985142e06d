"""Lent files: what is missing is asked for at once, what was sent is kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import KeygraftError
from app.sources import LentFiles, Range, RangeStore, RangesWanted, together

CONTENT = bytes(range(256)) * 4


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(1, 60)), max_size=30), st.integers(0, 1023), st.integers(1, 50))
def test_a_store_gives_back_exactly_what_it_was_given(puts: list[tuple[int, int]], offset: int, length: int) -> None:
    """Whatever the order and overlap of the ranges, bytes come back equal, and only where all are known."""
    store = RangeStore()
    known: set[int] = set()
    for start, size in puts:
        store.put("f", start, CONTENT[start : start + size])
        known |= set(range(start, min(start + size, len(CONTENT))))
    length = min(length, len(CONTENT) - offset)
    expected = CONTENT[offset : offset + length] if set(range(offset, offset + length)) <= known else None
    assert store.get("f", offset, length) == expected
    assert store.nbytes == len(known)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 500), st.binary(min_size=1, max_size=20)), max_size=10))
def test_a_store_survives_its_rest_on_disk(puts: list[tuple[str, int, bytes]]) -> None:
    """to_bytes and from_bytes are inverse."""
    store = RangeStore()
    for put in puts:
        store.put(*put)
    again = RangeStore.from_bytes(store.to_bytes())
    assert again.ranges() == store.ranges()
    assert all(again.get(*each) == store.get(*each) for each in store.ranges())


def test_all_independent_ranges_are_wanted_in_one_go() -> None:
    """Two files, three ranges each: one request with all of them, those that touch made one."""
    files = LentFiles({"a": 100_000, "b": 100_000}, RangeStore())
    with pytest.raises(RangesWanted) as caught:
        together(lambda name: files.open(name).want([(0, 8), (4096, 8), (50_000, 8)]), ["a", "b"])
    assert caught.value.ranges == (Range("a", 0, 8192), Range("a", 50_000, 4096), Range("b", 0, 8192), Range("b", 50_000, 4096))


def test_reading_again_after_receiving_succeeds() -> None:
    """What was asked for and sent is enough to go on."""
    files = LentFiles({"a": len(CONTENT)}, RangeStore())
    with pytest.raises(RangesWanted) as caught:
        files.open("a").read_at(10, 20)
    for wanted in caught.value.ranges:
        files.receive(wanted, CONTENT[wanted.offset : wanted.offset + wanted.length])
    assert files.open("a").read_at(10, 20) == CONTENT[10:30]
    assert files.open("a").read_at(len(CONTENT) - 2, 20) == CONTENT[-2:]


def test_what_was_not_asked_for_is_refused() -> None:
    """Too few bytes, or a range beyond the file, are errors."""
    files = LentFiles({"a": 10}, RangeStore())
    with pytest.raises(KeygraftError, match="range_length"):
        files.receive(Range("a", 0, 10), b"123")
    with pytest.raises(KeygraftError, match="range_outside"):
        files.receive(Range("a", 5, 10), b"1234567890")
