"""`*.index.json`: which shard holds which key. Shards are matched by base name among the files at hand: never a path, never a URL."""

import json
from collections.abc import Sequence

import msgspec

from app.readers.errors import ReadLimitError, ShardsError
from app.readers.limits import Limits
from app.sources import ByteSource


class _Index(msgspec.Struct):
    weight_map: msgspec.Raw


_MAP = msgspec.json.Decoder(dict[str, str])


class _Pairs(list[tuple[str, str]]):
    """An object whose keys are not yet known to differ."""


def _mapping(text: bytes) -> dict[str, str]:
    """Decode key -> shard name; a key that stands twice is an error, for others may take the other one."""
    found = _MAP.decode(text)
    if text.count(b'":') != len(found):  # or a key holds such text, or a space stands there: then look exactly
        pairs = json.loads(text, object_pairs_hook=_Pairs)
        if len(dict(pairs)) != len(pairs):
            raise ValueError("twice")
    return found


def shards_of(source: ByteSource, at_hand: Sequence[ByteSource], limits: Limits) -> tuple[dict[str, str], list[ByteSource]]:
    """Return key -> shard name, and the shards in the order of first mention.

    Raises ShardsError (`index_header`, `index_path`, `missing_shard`), ReadLimitError.
    """
    if source.size > limits.header_bytes:
        raise ReadLimitError("limit", file=source.name, detail="header_bytes")
    try:
        found = _mapping(bytes(msgspec.json.decode(source.read_at(0, source.size), type=_Index).weight_map))
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise ShardsError("index_header", file=source.name) from error
    if not found:
        raise ShardsError("index_header", file=source.name)
    if len(found) > limits.keys:
        raise ReadLimitError("limit", file=source.name, detail="keys")
    by_name = {each.name.rpartition("/")[2]: each for each in at_hand}
    wanted = dict.fromkeys(found.values())
    for name in wanted:
        if not is_base_name(name):
            raise ShardsError("index_path", file=source.name, shard=ascii(name[:80])[1:-1])
    missing = [name for name in wanted if name not in by_name]
    if missing:
        raise ShardsError("missing_shard", file=source.name, shard=ascii(missing[0][:80])[1:-1], count=len(missing))
    return found, [by_name[name] for name in wanted]


def is_base_name(name: str) -> bool:
    """Whether a name is that of a file in the same folder."""
    return bool(name) and name not in {".", ".."} and not any(char in name for char in "/\\:\0") and len(name) <= 255
