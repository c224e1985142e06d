"""The header of a safetensors file as text: decoded typed and at once, and again exactly where a key could stand in it twice."""

import json
import re
from typing import Any, Literal

import msgspec

from app.keys.dtypes import ITEMSIZE
from app.keys.spelling import spell_token
from app.readers.errors import SafetensorsError
from app.sources import ByteSource

DTYPES = frozenset(ITEMSIZE) - {"C32", "C128", "QINT8", "QUINT8", "QINT32", "QUINT4X2", "QUINT2X4"}
_METADATA = "__metadata__"
_METADATA_AT = re.compile(rb'"__metadata__"\s*:\s*\{')
_SPACED = re.compile(rb'"[ \t\r\n]+:')


class Entry(msgspec.Struct, gc=False, frozen=True):
    """A tensor of the header.

    shape        -- as it is written: few differ, and each of those is decoded once
    data_offsets -- as it is written, from the first byte of data: mostly what shapes and order let expect, and then never decoded
    """

    dtype: str
    shape: msgspec.Raw
    data_offsets: msgspec.Raw


SHAPE = msgspec.json.Decoder(tuple[int, ...])
OFFSETS = msgspec.json.Decoder(tuple[int, int])
_DECODE = msgspec.json.Decoder(dict[str, Entry])
_KNOWN: Any = msgspec.defstruct(
    "_Known",
    [("dtype", Literal[tuple(sorted(DTYPES))]), ("shape", msgspec.Raw), ("data_offsets", msgspec.Raw)],
    gc=False,
    frozen=True,
)
"""An entry whose dtype is one we know: its name is then one string for all tensors, not one for each."""
_DECODE_KNOWN: "msgspec.json.Decoder[dict[str, Entry]]" = msgspec.json.Decoder(dict[str, _KNOWN])


def bad(source: ByteSource, detail: str, **params: str) -> SafetensorsError:
    """Return the error of a header that is none."""
    return SafetensorsError("safetensors_header", file=source.name, detail=detail, **{"key": "", **params})


def decoded(source: ByteSource, text: bytes) -> tuple[dict[str, str], dict[str, Entry], bytes]:
    """Decode a header: the metadata, the entries, and the text that holds the entries. Raises SafetensorsError.

    Of equal keys the last is kept, as every JSON decoder does: `refuse_twice` tells.
    """
    rest, entries = text, _entries(text)
    metadata: dict[str, str] = {}
    if entries is None or _METADATA in entries:
        rest, metadata = _without_metadata(source, text)
        entries = _entries(rest)
    if entries is None:
        raise bad(source, "json")
    return metadata, entries, rest


def refuse_twice(source: ByteSource, text: bytes, entries: dict[str, Entry]) -> None:
    """Raise SafetensorsError where a key or a field stands twice in the text of these entries.

    Each entry has its own key and three fields: there are four `":` for each, where no space stands before a colon. A key or field that stands
    twice makes the count disagree, as does such text inside a key; then, and where there are such spaces, the header is read again, exactly.
    """
    if text.count(b'":') != 4 * len(entries) or _SPACED.search(text) is not None:
        _apart(source, _pairs(source, text))


def _entries(text: bytes) -> dict[str, Entry] | None:
    """Decode a header that holds tensors only; None where it holds metadata, or is none."""
    for decoder in (_DECODE_KNOWN, _DECODE):
        try:
            return decoder.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
    return None


def _without_metadata(source: ByteSource, text: bytes) -> tuple[bytes, dict[str, str]]:
    place = text.find(b'"__metadata__"')
    if place < 0:
        return text, {}
    object_of = _METADATA_AT.match(text, place)
    pairs = _pairs(source, text) if place > 64 or object_of is None else None
    if object_of is not None and pairs is None:
        try:
            opening = object_of.end() - 1
            found, end = json.JSONDecoder().raw_decode(text[opening : opening + (1 << 20)].decode("utf-8", "ignore"))
            size = len(text[opening : opening + (1 << 20)].decode("utf-8", "ignore")[:end].encode())
            text[opening : opening + size].decode()  # what was ignored stands behind it, or the header is no UTF-8
            rest = text[:place] + text[opening + size :].lstrip().removeprefix(b",")
        except (ValueError, RecursionError):
            pairs = None
        else:
            if text[:place].strip() == b"{" and isinstance(found, dict):
                return rest, _strings(source, found)
    pairs = _pairs(source, text) if pairs is None else pairs
    _apart(source, pairs)
    data = dict(pairs)
    metadata = data.pop(_METADATA, {})
    return json.dumps(data).encode(), _strings(source, metadata)


def _strings(source: ByteSource, metadata: Any) -> dict[str, str]:
    try:
        found = msgspec.convert({} if metadata is None else metadata, dict[str, str])
        "".join((*found, *found.values())).encode()  # half of a surrogate pair is no text
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        raise bad(source, "metadata") from error
    return found


def _apart(source: ByteSource, pairs: list[tuple[str, Any]]) -> None:
    """Raise SafetensorsError where a key stands twice."""
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            raise bad(source, "duplicate", key=spell_token(name)[:80])
        seen.add(name)


class _Pairs(list[tuple[str, Any]]):
    """An object whose keys are not yet known to differ."""


def _pairs(source: ByteSource, text: bytes) -> list[tuple[str, Any]]:
    """Decode exactly, equal keys kept; slower."""
    try:
        decoded = json.loads(text.decode(), object_pairs_hook=_Pairs)
        if not isinstance(decoded, _Pairs):
            raise bad(source, "json")
        return [(name, _plain(source, value)) for name, value in decoded]
    except (ValueError, RecursionError) as error:
        raise bad(source, "json") from error


def _plain(source: ByteSource, value: Any) -> Any:
    if not isinstance(value, _Pairs):
        return value
    made = dict(value)
    if len(made) != len(value):
        raise bad(source, "duplicate", key=spell_token(value[0][0])[:80])
    return made
