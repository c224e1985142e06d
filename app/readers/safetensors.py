"""safetensors: the length of a JSON header, the header, the data.

Source of the format and of its rules: https://github.com/huggingface/safetensors, `safetensors/src/tensor.rs`.
"""

import json
from collections import Counter
from collections.abc import Collection, Sequence
from itertools import repeat
from math import prod
from operator import add, attrgetter, sub
from typing import Any, NamedTuple

import msgspec

from app.keys import FileInfo, KeyTree, Location, TensorInfo, Token, TreeOffer, itemsize
from app.keys.dtypes import ITEMSIZE
from app.keys.spelling import spell_token
from app.readers.errors import ReadError, ReadLimitError, SafetensorsError, ShardsError
from app.readers.limits import Limits
from app.sources import ByteSource, together

PREFIX = 8
_METADATA = "__metadata__"
_DTYPES = frozenset(ITEMSIZE) - {"C32", "C128", "QINT8", "QUINT8", "QINT32"}


class Entry(msgspec.Struct, gc=False, frozen=True):
    """A tensor of the header; offsets from the first byte of data."""

    dtype: str
    shape: tuple[int, ...]
    data_offsets: tuple[int, int]


class Header(NamedTuple):
    """A checked header, column by column in the order of the file.

    odd      -- whether a key needs another spelling than itself
    start    -- first byte of data
    elements -- of all tensors
    """

    keys: Collection[str]
    dtypes: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
    begins: tuple[int, ...]
    lengths: list[int]
    metadata: dict[str, str]
    odd: bool
    start: int
    elements: int


_COLUMNS = attrgetter("dtype", "shape", "data_offsets")
_DECODE = msgspec.json.Decoder(dict[str, Entry])


def header(source: ByteSource, limits: Limits) -> Header:
    """Read and check the header. Raises SafetensorsError, ReadLimitError."""
    length = int.from_bytes(source.read_at(0, PREFIX), "little")
    if source.size < PREFIX or not 2 <= length <= source.size - PREFIX:
        raise _bad(source, "length")
    if length > limits.header_bytes:
        raise ReadLimitError("limit", file=source.name, detail="header_bytes")
    text = source.read_at(PREFIX, length)
    if len(text) < length or text[:1] != b"{":
        raise _bad(source, "length" if len(text) < length else "json")
    metadata, entries = _decoded(source, text)
    if len(entries) > limits.keys:
        raise ReadLimitError("limit", file=source.name, detail="keys")
    if max(map(len, entries), default=0) > limits.key_length:
        raise ReadLimitError("limit", file=source.name, detail="key_length")
    odd = b'"~' in text or b'"\\u007' in text
    if not entries:
        _check_order(source, entries, source.size - PREFIX - length)
        return Header((), (), (), (), [], metadata, odd, PREFIX + length, 0)
    dtypes, shapes, offsets = zip(*map(_COLUMNS, entries.values()), strict=True)
    begins, ends = zip(*offsets, strict=True)
    rest = source.size - PREFIX - length
    if begins[0] != 0 or begins[1:] != ends[:-1] or ends[-1] != rest:
        _check_order(source, entries, rest)
    lengths = list(map(sub, ends, begins))
    elements = _measured(source, entries, Counter(zip(dtypes, shapes, lengths, strict=True)))
    return Header(entries, dtypes, shapes, begins, lengths, metadata, odd, PREFIX + length, elements)


def _bad(source: ByteSource, detail: str, **params: str) -> SafetensorsError:
    return SafetensorsError("safetensors_header", file=source.name, detail=detail, **{"key": "", **params})


def _decoded(source: ByteSource, text: bytes) -> tuple[dict[str, str], dict[str, Entry]]:
    """Decode the header: the metadata by itself, the entries typed, then look for keys that stand twice."""
    rest, metadata = _without_metadata(source, text)
    try:
        entries = _DECODE.decode(rest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _bad(source, "json") from error
    # A JSON decoder keeps the last of equal keys in silence. Each entry is one object without objects inside: there are as many "{" as
    # entries, and one more. A brace inside a key makes the count disagree as well; then the header is read again, exactly.
    if rest.count(b"{") != len(entries) + 1:
        _apart(source, _pairs(source, rest))
    return metadata, entries


def _without_metadata(source: ByteSource, text: bytes) -> tuple[bytes, dict[str, str]]:
    place = text.find(b'"__metadata__"')
    if place < 0:
        return text, {}
    pairs = _pairs(source, text) if place > 64 else None
    if pairs is None:
        try:
            opening = text.index(b"{", place)
            found, end = json.JSONDecoder().raw_decode(text[opening : opening + (1 << 20)].decode("utf-8", "ignore"))
            size = len(text[opening : opening + (1 << 20)].decode("utf-8", "ignore")[:end].encode())
            rest = text[:place] + text[opening + size :].lstrip().removeprefix(b",")
        except (ValueError, RecursionError):
            pairs = _pairs(source, text)
        else:
            if text[:place].strip() == b"{" and isinstance(found, dict):
                return rest, _strings(source, found)
            pairs = _pairs(source, text)
    _apart(source, pairs)
    data = dict(pairs)
    metadata = data.pop(_METADATA, {})
    return json.dumps(data).encode(), _strings(source, metadata)


def _strings(source: ByteSource, metadata: Any) -> dict[str, str]:
    try:
        return msgspec.convert(metadata, dict[str, str])
    except msgspec.ValidationError as error:
        raise _bad(source, "metadata") from error


def _apart(source: ByteSource, pairs: list[tuple[str, Any]]) -> None:
    """Raise SafetensorsError where a key stands twice."""
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            raise _bad(source, "duplicate", key=spell_token(name)[:80])
        seen.add(name)


class _Pairs(list[tuple[str, Any]]):
    """An object whose keys are not yet known to differ."""


def _pairs(source: ByteSource, text: bytes) -> list[tuple[str, Any]]:
    """Decode exactly, equal keys kept; slower."""
    try:
        decoded = json.loads(text, object_pairs_hook=_Pairs)
        if not isinstance(decoded, _Pairs):
            raise _bad(source, "json")
        return [(name, _plain(source, value)) for name, value in decoded]
    except (ValueError, RecursionError) as error:
        raise _bad(source, "json") from error


def _plain(source: ByteSource, value: Any) -> Any:
    if not isinstance(value, _Pairs):
        return value
    made = dict(value)
    if len(made) != len(value):
        raise _bad(source, "duplicate", key=spell_token(value[0][0])[:80])
    return made


def _measured(source: ByteSource, entries: dict[str, Entry], kinds: Counter[tuple[str, tuple[int, ...], int]]) -> int:
    """Check that every tensor fits its bytes; return the count of elements.

    kinds -- (dtype, shape, length) -> how many tensors: distinct ones are few where keys are many
    """
    total = 0
    for (dtype, shape, size), count in kinds.items():
        elements = prod(shape)
        if dtype not in _DTYPES or any(each < 0 for each in shape) or size < 0 or elements * (itemsize(dtype) or 0) != size:
            raise _misfit(source, entries, dtype, shape, size)
        total += elements * count
    return total


def _misfit(source: ByteSource, entries: dict[str, Entry], dtype: str, shape: tuple[int, ...], size: int) -> SafetensorsError:
    """Return the error of the first tensor of this kind."""
    found = next(
        key
        for key, each in entries.items()
        if (each.dtype, each.shape) == (dtype, shape) and each.data_offsets[1] - each.data_offsets[0] == size
    )
    key = spell_token(found)[:80]
    if dtype not in _DTYPES:
        return SafetensorsError("dtype", file=source.name, key=key, dtype=ascii(dtype[:40])[1:-1])
    return SafetensorsError("shape" if any(each < 0 for each in shape) else "offsets", file=source.name, key=key)


def _check_order(source: ByteSource, entries: dict[str, Entry], length: int) -> None:
    """Check tensors that are not listed as they lie."""
    for key, entry in entries.items():
        begin, end = entry.data_offsets
        if begin < 0 or end < begin or end > length:
            raise SafetensorsError("offsets", file=source.name, key=spell_token(key)[:80])
    place = 0
    for begin, end in sorted(entry.data_offsets for entry in entries.values()):
        if begin != place:
            raise SafetensorsError("offsets", file=source.name, key="none")
        place = end
    if place != length:
        raise SafetensorsError("offsets", file=source.name, key="none")


def fill(found: Header, file: int, into: dict[str, TensorInfo]) -> None:
    """Add the tensors of file number `file`, in the file's order."""
    places = map(Location, repeat(file), map(add, found.begins, repeat(found.start)), found.lengths, found.keys)
    keys = map(spell_token, found.keys) if found.odd else found.keys
    into.update(zip(keys, map(TensorInfo, found.shapes, found.dtypes, repeat(()), places), strict=False))


def joined(sources: Sequence[ByteSource], limits: Limits) -> KeyTree:
    """Read the shards of one checkpoint. Raises SafetensorsError, ReadLimitError, ShardsError (`shards_collide`)."""
    headers = together(lambda source: header(source, limits), sources)
    tensors: dict[str, TensorInfo] = {}
    other: dict[str, str] = {}
    metadata: dict[str, str] = {}
    for number, (source, found) in enumerate(zip(sources, headers, strict=True)):
        before = len(tensors)
        if before + len(found.keys) > limits.keys:
            raise ReadLimitError("limit", file=source.name, detail="keys")
        fill(found, number, tensors)
        if len(tensors) != before + len(found.keys):
            earlier = set().union(*(each.keys for each in headers[:number]))
            key = next(key for key in found.keys if key in earlier)
            raise ShardsError("shards_collide", file=source.name, key=spell_token(key)[:80])
        other.update(dropped(found))
        metadata.update(found.metadata)
    return KeyTree(
        "safetensors",
        tensors,
        files=tuple(FileInfo(source.name, source.size) for source in sources),
        other=other,
        metadata=metadata,
        offers=(TreeOffer((), len(tensors), sum(found.elements for found in headers)),),
        ordered=False,
    )


def dropped(found: Header) -> dict[str, str]:
    """Names that were tied when the file was written and dropped from it, as `__metadata__` tells: name -> what it is an alias of."""
    keys = found.keys
    return {name: f"alias of {kept}" for name, kept in found.metadata.items() if name not in keys and kept in keys}


def read(source: ByteSource, nesting: tuple[Token, ...] | None, limits: Limits) -> KeyTree:
    """Read the tree of one file. Raises SafetensorsError, ReadLimitError."""
    if nesting:
        raise ReadError("no_such_nesting", file=source.name, nesting=str(nesting[0])[:80])
    return joined([source], limits)
