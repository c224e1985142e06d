"""Weights that are kept in blocks, as the numbers they stand for: GGUF's quantized types, by numpy.

Layouts as in https://github.com/ggml-org/ggml (ggml-common.h, ggml-quants.c). Every step is done in 32-bit floats, in ggml's order, so that
the numbers are the ones it computes itself.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from app.keys.dtypes import BLOCKS

Bytes: TypeAlias = "np.ndarray[tuple[int, int], np.dtype[np.uint8]]"
Floats: TypeAlias = "np.ndarray[tuple[int, ...], np.dtype[np.float32]]"
Numbers: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"

_AT_ONCE = 1 << 13
"""Blocks that are read at once: what stands between bytes and numbers is several times as large."""


def unpacked(data: bytes | memoryview, dtype: str) -> Floats:
    """Return the numbers of whole blocks, one after another. KeyError for a type that is not read, see `dtypes.UNPACKED`."""
    elements, width = BLOCKS[dtype]
    blocks = np.frombuffer(data, np.uint8).reshape(-1, width)
    out = np.empty((len(blocks), elements), np.float32)
    for start in range(0, len(blocks), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        with np.errstate(over="ignore", invalid="ignore"):  # a scale may be infinite: so is what ggml makes of it
            out[part] = _READERS[dtype](blocks[part]).reshape(-1, elements)
    return out.reshape(-1)


def _half(blocks: Bytes, at: int) -> Floats:
    """The 16-bit float at a byte of each block, as a column."""
    return np.ascontiguousarray(blocks[:, at : at + 2]).view(np.float16).astype(np.float32)


def _nibbles(packed: Bytes) -> Numbers:
    """Low halves of the bytes, then the high ones."""
    return np.concatenate([packed & 15, packed >> 4], axis=1)


def _fifth_bits(packed: Bytes) -> Numbers:
    """The 32 bits of four bytes, each worth 16."""
    return np.unpackbits(packed, axis=1, bitorder="little") << 4


def _q4_0(blocks: Bytes) -> Floats:
    return _half(blocks, 0) * (_nibbles(blocks[:, 2:]).astype(np.float32) - 8)


def _q4_1(blocks: Bytes) -> Floats:
    return _half(blocks, 0) * _nibbles(blocks[:, 4:]).astype(np.float32) + _half(blocks, 2)


def _q5_0(blocks: Bytes) -> Floats:
    five = _nibbles(blocks[:, 6:]) | _fifth_bits(blocks[:, 2:6])
    return _half(blocks, 0) * (five.astype(np.float32) - 16)


def _q5_1(blocks: Bytes) -> Floats:
    five = _nibbles(blocks[:, 8:]) | _fifth_bits(blocks[:, 4:8])
    return _half(blocks, 0) * five.astype(np.float32) + _half(blocks, 2)


def _q8_0(blocks: Bytes) -> Floats:
    return _half(blocks, 0) * blocks[:, 2:].view(np.int8).astype(np.float32)


def _crumbs(packed: Bytes) -> Numbers:
    """Two-bit numbers of 64 bytes: of each half the lowest bits first. Shape (blocks, 16 groups, 16)."""
    halves = packed.reshape(-1, 2, 1, 32)
    shifts = np.array([0, 2, 4, 6], np.uint8).reshape(1, 1, 4, 1)
    return ((halves >> shifts) & 3).reshape(-1, 16, 16)


def _q2_k(blocks: Bytes) -> Floats:
    scales = blocks[:, :16]
    by = (_half(blocks, 80) * (scales & 15))[:, :, None]
    less = (_half(blocks, 82) * (scales >> 4))[:, :, None]
    return by * _crumbs(blocks[:, 16:80]) - less


def _q3_k(blocks: Bytes) -> Floats:
    low = _nibbles(blocks[:, 96:104])
    shifts = np.array([0, 2, 4, 6], np.uint8).reshape(1, 4, 1)
    high = ((blocks[:, None, 104:108] >> shifts) & 3).reshape(-1, 16) << 4
    by = _half(blocks, 108) * ((low | high).astype(np.float32) - 32)
    bits = np.arange(8, dtype=np.uint8).reshape(1, 8, 1)
    set_bits = ((blocks[:, None, :32] >> bits) & 1).reshape(-1, 16, 16)
    numbers: Floats = by[:, :, None] * (_crumbs(blocks[:, 32:96]).astype(np.float32) - 4 + 4 * set_bits.astype(np.float32))
    return numbers


def _six_bits(packed: Bytes) -> tuple[Numbers, Numbers]:
    """Eight scales and eight minima of six bits each, in twelve bytes."""
    first, second, rest = packed[:, :4], packed[:, 4:8], packed[:, 8:12]
    scales = np.concatenate([first & 63, (rest & 15) | (first >> 6) << 4], axis=1)
    minima = np.concatenate([second & 63, (rest >> 4) | (second >> 6) << 4], axis=1)
    return scales, minima


def _by_eight(blocks: Bytes, numbers: Numbers) -> Floats:
    """Numbers in eight groups of 32, each with a scale and a minimum."""
    scales, minima = _six_bits(blocks[:, 4:16])
    by, less = _half(blocks, 0) * scales, _half(blocks, 2) * minima
    return by[:, :, None] * numbers - less[:, :, None]


def _halves_of_32(packed: Bytes) -> Numbers:
    """Nibbles of 128 bytes: of each 32 bytes the low halves, then the high ones. Shape (blocks, 8, 32)."""
    parts = packed.reshape(-1, 4, 1, 32)
    return ((parts >> np.array([0, 4], np.uint8).reshape(1, 1, 2, 1)) & 15).reshape(-1, 8, 32)


def _q4_k(blocks: Bytes) -> Floats:
    return _by_eight(blocks, _halves_of_32(blocks[:, 16:]))


def _q5_k(blocks: Bytes) -> Floats:
    bits = np.arange(8, dtype=np.uint8).reshape(1, 8, 1)
    fifth = ((blocks[:, None, 16:48] >> bits) & 1) << 4
    return _by_eight(blocks, _halves_of_32(blocks[:, 48:]) | fifth)


def _q6_k(blocks: Bytes) -> Floats:
    packed = blocks[:, :128].reshape(-1, 2, 1, 64)
    low = ((packed >> np.array([0, 4], np.uint8).reshape(1, 1, 2, 1)) & 15).reshape(-1, 2, 4, 32)
    shifts = np.array([0, 2, 4, 6], np.uint8).reshape(1, 1, 4, 1)
    high = ((blocks[:, 128:192].reshape(-1, 2, 1, 32) >> shifts) & 3) << 4
    by = _half(blocks, 208) * blocks[:, 192:208].view(np.int8)
    return by[:, :, None] * ((low | high).reshape(-1, 16, 16).astype(np.float32) - 32)


_UNEVEN = np.array([-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113], np.float32)
_FOUR_BIT_FLOATS = np.array([0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12], np.float32)
"""Twice the values of E2M1; the exponent of a block is taken one lower."""


def _iq4_nl(blocks: Bytes) -> Floats:
    return _half(blocks, 0) * _UNEVEN[_nibbles(blocks[:, 2:])]


def _iq4_xs(blocks: Bytes) -> Floats:
    places = np.arange(8)
    low = (blocks[:, 4:8][:, places // 2] >> (4 * (places % 2)).astype(np.uint8)) & 15
    high = (np.ascontiguousarray(blocks[:, 2:4]).view(np.uint16) >> (2 * places).astype(np.uint16)) & 3
    by = _half(blocks, 0) * ((low | high.astype(np.uint8) << 4).astype(np.float32) - 32)
    packed = blocks[:, 8:].reshape(-1, 16)
    return by[:, :, None] * _UNEVEN[_nibbles(packed)].reshape(-1, 8, 32)


def _mxfp4(blocks: Bytes) -> Floats:
    by = np.ldexp(np.float32(1), blocks[:, :1].astype(np.int32) - 128)
    return by * _FOUR_BIT_FLOATS[_nibbles(blocks[:, 1:])]


_READERS: dict[str, Callable[[Bytes], Floats]] = {
    "Q4_0": _q4_0,
    "Q4_1": _q4_1,
    "Q5_0": _q5_0,
    "Q5_1": _q5_1,
    "Q8_0": _q8_0,
    "Q2_K": _q2_k,
    "Q3_K": _q3_k,
    "Q4_K": _q4_k,
    "Q5_K": _q5_k,
    "Q6_K": _q6_k,
    "IQ4_NL": _iq4_nl,
    "IQ4_XS": _iq4_xs,
    "MXFP4": _mxfp4,
}
