"""The cache of a remote file, and how ranges are joined and cut: laws that hold for all of them."""

from hypothesis import given, settings
from hypothesis import strategies as st

from app.sources.blocks import Blocks, coalesced

SPANS = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 120)), max_size=25)
DATA = bytes(range(256)) * 3


@settings(deadline=None)
@given(SPANS, SPANS, st.integers(0, 600))
def test_blocks_give_what_was_put_or_nothing(put, asked, most):
    """Never wrong bytes, never more held than allowed."""
    blocks = Blocks(most)
    for offset, length in put:
        blocks.put(offset, DATA[offset : offset + length])
        assert blocks.nbytes == sum(map(len, blocks._held.values())) <= most
    for offset, length in asked:
        found = blocks.get(offset, length)
        assert found in {None, DATA[offset : offset + length]}
        assert (blocks.reach(offset, length) == length) == (found is not None)


@settings(deadline=None)
@given(st.tuples(st.integers(0, 400), st.integers(0, 120)))
def test_what_was_just_put_is_there(span):
    """As far as there is room."""
    blocks = Blocks(200)
    blocks.put(span[0], DATA[span[0] : sum(span)])
    assert blocks.get(*span) == DATA[span[0] : sum(span)]


@settings(deadline=None)
@given(SPANS, st.integers(0, 50), st.integers(1, 90))
def test_joined_ranges_cover_all_and_little_more(spans, gap, part):
    """Each wanted byte is in exactly one part, in order, none longer than allowed; what is not wanted lies in gaps that were bridged."""
    parts = coalesced(spans, gap, part)
    covered = [byte for offset, length in parts for byte in range(offset, offset + length)]
    wanted = {byte for offset, length in spans for byte in range(offset, offset + length)}
    assert covered == sorted(set(covered))
    assert wanted <= set(covered)
    assert all(0 < length <= part for _, length in parts)
    assert all(any(abs(byte - near) <= gap for near in wanted) for byte in covered)
