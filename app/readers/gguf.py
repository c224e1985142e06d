"""GGUF: counts, metadata, tensor descriptions, data.

Source of the format: https://github.com/ggml-org/ggml, docs/gguf.md.
"""

from functools import partial
from math import prod

from app.keys import FileInfo, KeyTree, Location, TensorInfo, Token, TreeOffer
from app.keys.dtypes import BLOCKS, ITEMSIZE
from app.keys.spelling import spell_token
from app.readers.cursor import Cursor
from app.readers.errors import GgufError, ReadError, ReadLimitError
from app.readers.limits import Limits
from app.sources import ByteSource

_NAMES = {
    0: "F32",
    1: "F16",
    2: "Q4_0",
    3: "Q4_1",
    6: "Q5_0",
    7: "Q5_1",
    8: "Q8_0",
    9: "Q8_1",
    10: "Q2_K",
    11: "Q3_K",
    12: "Q4_K",
    13: "Q5_K",
    14: "Q6_K",
    15: "Q8_K",
    16: "IQ2_XXS",
    17: "IQ2_XS",
    18: "IQ3_XXS",
    19: "IQ1_S",
    20: "IQ4_NL",
    21: "IQ3_S",
    22: "IQ2_S",
    23: "IQ4_XS",
    24: "I8",
    25: "I16",
    26: "I32",
    27: "I64",
    28: "F64",
    29: "IQ1_M",
    30: "BF16",
    34: "TQ1_0",
    35: "TQ2_0",
    39: "MXFP4",
    40: "NVFP4",
    41: "Q1_0",
}
TYPES: dict[int, tuple[str, int, int]] = {
    number: (name, *BLOCKS.get(name, (1, int(ITEMSIZE.get(name, 0))))) for number, name in _NAMES.items()
}
"""Number of a type -> name, elements and bytes of one block."""

_SCALARS = {0: "u8", 1: "i8", 2: "u16", 3: "i16", 4: "u32", 5: "i32", 6: "f32", 7: "u8", 10: "u64", 11: "i64", 12: "f64"}
_WIDTHS = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
_BOOL, _STRING, _ARRAY = 7, 8, 9
_WHOLE = frozenset({0, 1, 2, 3, 4, 5, 10, 11})
_MOST_ALIGNMENT = 1 << 20
_LEAST_TENSOR = 8 + 4 + 4 + 8
_LEAST_PAIR = 8 + 4 + 1
_SHOWN = 200
_MOST_DIMENSIONS = 8
_MOST_ITEMS = 4_000_000
_MOST_PAIRS = 65_536
"""Of metadata; the largest models have a hundred."""
_MOST = (1 << 63) - 1


def read(source: ByteSource, nesting: tuple[Token, ...] | None, limits: Limits) -> KeyTree:
    """Read the tree of a GGUF file; shapes in torch's order. Raises GgufError, ReadLimitError."""
    if nesting:
        raise ReadError("no_such_nesting", file=source.name, nesting=str(nesting[0])[:80])
    return _Reading(source, limits).tree()


def _bad(file: str, detail: str) -> GgufError:
    return GgufError("gguf_header", file=file, detail=detail)


class _Reading:
    def __init__(self, source: ByteSource, limits: Limits) -> None:
        self._source = source
        self._limits = limits
        self._items = 0
        self._alignment = 32
        version = int.from_bytes(source.read_at(4, 4), "little")
        big = version >= 1 << 16
        version = int.from_bytes(source.read_at(4, 4), "big") if big else version
        if version not in {1, 2, 3}:
            raise self._bad("version")
        self._at = Cursor(source, partial(_bad, source.name, "cut"), place=8, big=big)
        self._wide = "u32" if version == 1 else "u64"
        self._big = big

    def _bad(self, detail: str) -> GgufError:
        return _bad(self._source.name, detail)

    def tree(self) -> KeyTree:
        """Walk the whole header."""
        at = self._at
        tensors, pairs = at.number(self._wide), at.number(self._wide)
        if tensors * _LEAST_TENSOR + pairs * _LEAST_PAIR > at.left:
            raise self._bad("counts")
        if tensors > self._limits.keys:
            raise ReadLimitError("limit", file=self._source.name, detail="keys")
        if pairs > _MOST_PAIRS:
            raise ReadLimitError("limit", file=self._source.name, detail="metadata")
        metadata = dict(self._pair() for _ in range(pairs))
        step = self._alignment
        described = [self._described() for _ in range(tensors)]
        start = -(-at.place // step) * step
        listed: dict[str, TensorInfo] = {}
        for name, shape, kind, offset in described:
            key = spell_token(name)
            if key in listed:
                raise self._bad("duplicate")
            listed[key] = self._placed(key, shape, kind, start + offset)
        offer = TreeOffer((), len(listed), min(_MOST, sum(info.numel for info in listed.values())))
        files = (FileInfo(self._source.name, self._source.size),)
        shown = {spell_token(key): value for key, value in metadata.items()}
        return KeyTree("gguf", listed, files=files, metadata=shown, offers=(offer,))

    def _text(self) -> str:
        length = self._at.number(self._wide)
        if length > min(self._at.left, self._limits.header_bytes):
            raise self._bad("string")
        return self._at.take(length).decode("utf-8", "backslashreplace")

    def _pair(self) -> tuple[str, str]:
        key = self._text()
        if len(key) > self._limits.key_length:
            raise ReadLimitError("limit", file=self._source.name, detail="key_length")
        kind = self._at.number("u32")
        value = self._value(kind)
        if key == "general.alignment":
            self._alignment = int(value) if kind in _WHOLE and 0 < int(value) <= _MOST_ALIGNMENT else 0
            if not self._alignment:
                raise self._bad("alignment")
        return key, value

    def _value(self, kind: int) -> str:
        if kind == _STRING:
            text = self._text()
            return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
        if kind == _ARRAY:
            return self._array(0)
        if kind not in _SCALARS:
            raise self._bad("type")
        name = _SCALARS[kind]
        if name in {"f32", "f64"}:
            return repr(self._at.real(name))
        value = self._at.number(name)
        return str(bool(value)).lower() if kind == _BOOL else str(value)

    def _array(self, depth: int) -> str:
        kind, count = self._at.number("u32"), self._at.number(self._wide)
        least = _WIDTHS.get(kind, 12 if kind == _ARRAY else 8)
        if depth > 3 or kind > 12 or count * least > self._at.left:
            raise self._bad("array")
        if kind in _WIDTHS:
            self._at.skip(count * _WIDTHS[kind])
            return f"array of {count}"
        self._items += count
        if self._items > _MOST_ITEMS:
            raise ReadLimitError("limit", file=self._source.name, detail="metadata")
        for _ in range(count):
            if kind == _STRING:
                self._at.skip(self._at.number(self._wide))
            else:
                self._array(depth + 1)
        return f"array of {count}"

    def _described(self) -> tuple[str, tuple[int, ...], int, int]:
        name = self._text()
        if len(name) > self._limits.key_length:
            raise ReadLimitError("limit", file=self._source.name, detail="key_length")
        dimensions = self._at.number("u32")
        if dimensions > _MOST_DIMENSIONS:
            raise self._bad("dimensions")
        shape = tuple(self._at.number(self._wide) for _ in range(dimensions))
        return name, tuple(reversed(shape)), self._at.number("u32"), self._at.number("u64")

    def _placed(self, key: str, shape: tuple[int, ...], kind: int, offset: int) -> TensorInfo:
        if kind not in TYPES:
            raise GgufError("dtype", file=self._source.name, key=key[:80], dtype=str(kind))
        dtype, block, width = TYPES[kind]
        count = prod(shape)
        if count > _MOST or any(size > _MOST for size in shape) or (shape and shape[-1] % block):
            raise GgufError("shape", file=self._source.name, key=key[:80])
        length = count // block * width
        if offset + length > self._source.size:
            raise GgufError("offsets", file=self._source.name, key=key[:80])
        where = None if self._big else Location(0, offset, length, f"@{offset}")
        return TensorInfo(shape, dtype, where=where, note="big-endian" if self._big else "")
