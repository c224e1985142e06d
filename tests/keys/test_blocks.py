"""Numbers that are kept in quantized blocks."""

import hashlib

import numpy as np
import pytest

from app.keys.blocks import unpacked
from app.keys.dtypes import BLOCKS, UNPACKED

MADE_BY_GGUF = {
    "Q4_0": "4b7a0413c29b6de7",
    "Q4_1": "acaf0b831ebd6f01",
    "Q5_0": "05eddd3b9d78020f",
    "Q5_1": "883c4621bfe5162c",
    "Q8_0": "5fe628f158f8af95",
    "Q2_K": "feb19e75f47af68e",
    "Q3_K": "56f1d3368f52d067",
    "Q4_K": "a31109d365bb5e74",
    "Q5_K": "4c0d8cc552bceeac",
    "Q6_K": "064f3d52c272ddcf",
    "IQ4_NL": "e2e3620408773023",
    "IQ4_XS": "a9624dafbe547860",
    "MXFP4": "32488f6d66e2ba7d",
}
"""Digests of what `gguf.quants.dequantize` of gguf 0.19 makes of `_bytes`, as little-endian 32-bit floats."""


def _bytes(count: int) -> bytes:
    """Bytes of all kinds, but none that would make a 16-bit float infinite."""
    made = [(i * i * 7 + i * 13 + (i >> 5) * 29) % 251 for i in range(count)]
    return bytes(byte - 16 if byte & 0x7C == 0x7C else byte for byte in made)


@pytest.mark.parametrize("dtype", sorted(UNPACKED))
def test_numbers_are_those_of_ggml(dtype):
    """Bit by bit what the format's own library makes of the same bytes."""
    numbers = unpacked(_bytes(BLOCKS[dtype][1] * 40), dtype)
    assert numbers.shape == (BLOCKS[dtype][0] * 40,)
    assert hashlib.sha256(numbers.astype("<f4").tobytes()).hexdigest()[:16] == MADE_BY_GGUF[dtype]


def test_a_block_by_hand():
    """Eight bits each behind a scale: 0.5 times -128 ... 127."""
    data = np.float16(0.5).tobytes() + bytes(range(240, 256)) + bytes(range(16))
    assert unpacked(data, "Q8_0").tolist() == [value / 2 for value in (*range(-16, 0), *range(16))]


def test_more_blocks_than_are_read_at_once():
    """The last of many blocks has its numbers too."""
    one = _bytes(34)
    many = unpacked(one * 20_000, "Q8_0").reshape(20_000, 32)
    assert (many == unpacked(one, "Q8_0")).all()


def test_infinite_scales_are_no_warning(recwarn):
    """What ggml makes infinite, or no number, is so here, silently."""
    assert not np.isfinite(unpacked(np.float16("inf").tobytes() + bytes(32), "Q8_0")).any()
    assert not recwarn.list
