"""safetensors: the length of a JSON header, the header, the data.

Source of the format and of its rules: https://github.com/huggingface/safetensors, `safetensors/src/tensor.rs`.
"""

import json
from typing import Any

import msgspec

from app.keys import FileInfo, KeyTree, Location, TensorInfo, Token, TreeOffer, itemsize
from app.keys.spelling import spell_token
from app.readers.errors import ReadError, ReadLimitError, SafetensorsError
from app.readers.limits import Limits
from app.sources import ByteSource

PREFIX = 8
_METADATA = "__metadata__"
_DTYPES = frozenset(
    [
        "BOOL",
        "U8",
        "I8",
        "F8_E4M3",
        "F8_E5M2",
        "F8_E4M3FNUZ",
        "F8_E5M2FNUZ",
        "F8_E8M0",
        "F4",
        "F6_E2M3",
        "F6_E3M2",
        "I16",
        "U16",
        "F16",
        "BF16",
        "I32",
        "U32",
        "F32",
        "C64",
        "F64",
        "I64",
        "U64",
    ]
)


class Entry(msgspec.Struct, gc=False, frozen=True):
    """A tensor of the header; offsets from the first byte of data."""

    dtype: str
    shape: tuple[int, ...]
    data_offsets: tuple[int, int]


class Header(msgspec.Struct, frozen=True):
    """A checked header."""

    entries: dict[str, Entry]
    metadata: dict[str, str]
    start: int


_DECODE = msgspec.json.Decoder(dict[str, Entry])


def header(source: ByteSource, limits: Limits) -> Header:
    """Read and check the header. Raises SafetensorsError, ReadLimitError."""
    length = int.from_bytes(source.read_at(0, PREFIX), "little")
    if source.size < PREFIX or not 2 <= length <= source.size - PREFIX:
        raise _bad(source, "length")
    if length > limits.header_bytes:
        raise ReadLimitError("limit", file=source.name, detail="header_bytes")
    text = source.read_at(PREFIX, length)
    if len(text) < length:
        raise _bad(source, "length")
    metadata, entries = _decoded(source, text)
    if len(entries) > limits.keys:
        raise ReadLimitError("limit", file=source.name, detail="keys")
    if any(len(key) > limits.key_length for key in entries):
        raise ReadLimitError("limit", file=source.name, detail="key_length")
    _check(source, entries, source.size - PREFIX - length)
    return Header(entries, metadata, PREFIX + length)


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
        _scan(source, rest)
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
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise _bad(source, "duplicate", key=spell_token(next(name for name in names if names.count(name) > 1))[:80])
    data = dict(pairs)
    metadata = data.pop(_METADATA, {})
    return json.dumps(data).encode(), _strings(source, metadata)


def _strings(source: ByteSource, metadata: Any) -> dict[str, str]:
    try:
        return msgspec.convert(metadata, dict[str, str])
    except msgspec.ValidationError as error:
        raise _bad(source, "metadata") from error


def _scan(source: ByteSource, text: bytes) -> None:
    names = [name for name, _ in _pairs(source, text)]
    if len(set(names)) != len(names):
        seen: set[str] = set()
        for name in names:
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


def _check(source: ByteSource, entries: dict[str, Entry], length: int) -> None:
    """Check that every tensor fits its bytes, and that the data is covered without gap or overlap."""
    spans = []
    for key, entry in entries.items():
        begin, end = entry.data_offsets
        dtype = entry.dtype
        if dtype not in _DTYPES:
            raise SafetensorsError("dtype", file=source.name, key=spell_token(key)[:80], dtype=ascii(dtype[:40])[1:-1])
        count = 1
        for size in entry.shape:
            count *= size
        if count < 0 or any(size < 0 for size in entry.shape):
            raise SafetensorsError("shape", file=source.name, key=spell_token(key)[:80])
        if begin < 0 or end < begin or end > length:
            raise SafetensorsError("offsets", file=source.name, key=spell_token(key)[:80])
        if count * (itemsize(dtype) or 0) != end - begin:
            raise SafetensorsError("offsets", file=source.name, key=spell_token(key)[:80])
        spans.append((begin, end))
    spans.sort()
    place = 0
    for begin, end in spans:
        if begin != place:
            raise SafetensorsError("offsets", file=source.name, key="none")
        place = end
    if place != length:
        raise SafetensorsError("offsets", file=source.name, key="none")


def tensors(found: Header, file: int) -> dict[str, TensorInfo]:
    """Turn the entries into tensors, in the file's order."""
    start = found.start
    out: dict[str, TensorInfo] = {}
    for key, entry in found.entries.items():
        begin, end = entry.data_offsets
        spelt = key if key[:1] != "~" else spell_token(key)
        out[spelt] = TensorInfo(entry.shape, entry.dtype, where=Location(file, start + begin, end - begin, key))
    return out


def dropped(found: Header) -> dict[str, str]:
    """Names that were tied when the file was written and dropped from it, as `__metadata__` tells: name -> what it is an alias of."""
    entries = found.entries
    return {name: f"alias of {kept}" for name, kept in found.metadata.items() if name not in entries and kept in entries}


def read(source: ByteSource, nesting: tuple[Token, ...] | None, limits: Limits) -> KeyTree:
    """Read the tree of one file. Raises SafetensorsError, ReadLimitError."""
    if nesting:
        raise ReadError("no_such_nesting", file=source.name, nesting=str(nesting[0])[:80])
    found = header(source, limits)
    listed = tensors(found, 0)
    offer = TreeOffer((), len(listed), sum(info.numel for info in listed.values() if info.alias is None))
    return KeyTree(
        "safetensors",
        listed,
        files=(FileInfo(source.name, source.size),),
        other=dropped(found),
        metadata=found.metadata,
        offers=(offer,),
        ordered=False,
    )
