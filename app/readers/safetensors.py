"""safetensors: the length of a JSON header, the header, the data.

Source of the format and of its rules: https://github.com/huggingface/safetensors, `safetensors/src/tensor.rs`.
"""

from collections.abc import Collection, Iterable, Sequence
from itertools import accumulate, chain, pairwise, repeat
from math import prod
from typing import NamedTuple, cast

import msgspec

from app.keys import FileInfo, KeyTree, Location, TensorInfo, Token, TreeOffer, itemsize
from app.keys.spelling import spell_token
from app.readers.errors import ReadError, ReadLimitError, SafetensorsError, ShardsError
from app.readers.limits import Limits
from app.readers.safetensors_parts import SHARDING, whole
from app.readers.safetensors_text import DTYPES, OFFSETS, SHAPE, Entry, bad, decoded, refuse_twice
from app.sources import ByteSource, together

PREFIX = 8
_LEAST = len('"":{"dtype":"","shape":,"data_offsets":},')
"""Characters that an entry has at least beside its key and the values of its fields."""
_NEVER = 1 << 63
_MOST_DIMENSIONS = 64
_LONGEST_SHAPE = 4096
"""Bytes of a written shape; no torch makes a tensor of more dimensions than fit."""
_SENSELESS = (-1,)


class Kind(msgspec.Struct, gc=False, eq=False):
    """What is the same for all tensors of one dtype and shape.

    size     -- bytes; more than any file holds where there is no such tensor
    elements -- how many it has
    """

    dtype: str
    shape: tuple[int, ...]
    size: int
    elements: int


class Kinds(dict[tuple[str, bytes], Kind]):
    """The kinds of a checkpoint, by dtype and written shape: few where keys are many, so that shapes are decoded, measured and counted once."""

    def __missing__(self, kind: tuple[str, bytes]) -> Kind:
        """Measure a kind that was not seen before. Raises msgspec.DecodeError where the shape is none."""
        dtype, shape = kind[0], SHAPE.decode(kind[1]) if len(kind[1]) <= _LONGEST_SHAPE else _SENSELESS
        if len(shape) > _MOST_DIMENSIONS:
            shape = _SENSELESS
        sound = dtype in DTYPES and (not shape or min(shape) >= 0)
        elements = prod(shape) if sound else 0
        size = elements * (itemsize(dtype) or 0)
        found = self[kind] = Kind(dtype, shape, int(size) if sound and size == int(size) else _NEVER, elements)
        return found


class Shard(NamedTuple):
    """What one file holds: its keys as they are spelt, and their tensors; how many elements; tied names that were dropped; metadata."""

    keys: Sequence[str]
    tensors: Sequence[TensorInfo]
    elements: int
    other: dict[str, str]
    metadata: dict[str, str]


def _text(source: ByteSource, limits: Limits) -> bytes:
    """Read the header. Raises SafetensorsError, ReadLimitError."""
    length = int.from_bytes(source.read_at(0, PREFIX), "little")
    if source.size < PREFIX or not 2 <= length <= source.size - PREFIX:
        raise bad(source, "length")
    if length > limits.header_bytes:
        raise ReadLimitError("limit", file=source.name, detail="header_bytes")
    text = source.read_at(PREFIX, length)
    if len(text) < length or text[:1] != b"{":
        raise bad(source, "length" if len(text) < length else "json")
    return text


def shard(source: ByteSource, file: int, kinds: Kinds, limits: Limits) -> Shard:
    """Read and check one file, the `file`th of its checkpoint. Raises SafetensorsError, ReadLimitError."""
    text = _text(source, limits)
    metadata, entries, told = decoded(source, text)
    if len(entries) > limits.keys:
        raise ReadLimitError("limit", file=source.name, detail="keys")
    start, names = PREFIX + len(text), "".join(entries)
    if len(names) > limits.key_length and max(map(len, entries)) > limits.key_length:
        raise ReadLimitError("limit", file=source.name, detail="key_length")
    rest = source.size - start
    listed = entries.values()
    dtypes = [entry.dtype for entry in listed]
    shapes = b";".join([entry.shape for entry in listed])
    offsets = b",".join([entry.data_offsets for entry in listed])
    try:
        found = list(map(kinds.__getitem__, zip(dtypes, _apart(shapes, listed), strict=True)))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise bad(source, "json") from error
    sizes = [kind.size for kind in found]
    ends = list(accumulate(sizes, initial=0))
    if len(told.rstrip()) != _least(names, dtypes, shapes, offsets):
        refuse_twice(source, told, entries)
    if ends[-1] == rest and msgspec.json.encode(list(pairwise(ends)))[1:-1] == offsets:  # each lies behind the one before
        starts: Iterable[int] = accumulate(sizes, initial=start)
    else:
        spans = _spans(source, listed)
        _check_order(source, entries, spans, rest)
        _check_sizes(source, entries, spans, found)
        starts = [start + begin for begin, _ in spans]
    places = map(Location, repeat(file), starts, sizes, entries)
    tensors = list(map(TensorInfo, [kind.shape for kind in found], dtypes, repeat(()), places))
    keys = list(map(spell_token, entries)) if "~" in names else list(entries)
    elements = sum([kind.elements for kind in found])
    return Shard(keys, tensors, elements, _dropped(metadata, entries), metadata)


def _apart(shapes: bytes, listed: Collection[Entry]) -> list[bytes]:
    """Return each written shape by itself, out of all of them with semicolons between."""
    cut = shapes.split(b";")
    return cut if len(cut) == len(listed) else [bytes(entry.shape) for entry in listed]  # one that holds a semicolon is no shape


def _least(names: str, dtypes: list[str], shapes: bytes, offsets: bytes) -> int:
    """Length of the shortest text that holds all keys and fields, `shapes` and `offsets` as they are written with a sign between two.

    A text of just this length holds them and nothing else: no key or field can stand in it twice. The writers that are in use write it.
    """
    count = len(dtypes)
    if count == 0:
        return len("{}")
    return 1 + count * _LEAST + len(names) + len("".join(dtypes)) + len(shapes) + len(offsets) - 2 * (count - 1)


def _spans(source: ByteSource, listed: Collection[Entry]) -> list[tuple[int, int]]:
    """Decode the offsets of each tensor."""
    try:
        return [OFFSETS.decode(entry.data_offsets) for entry in listed]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise bad(source, "json") from error


def _check_order(source: ByteSource, entries: dict[str, Entry], spans: list[tuple[int, int]], length: int) -> None:
    """Check tensors that need not be listed as they lie."""
    for key, (begin, end) in zip(entries, spans, strict=True):
        if begin < 0 or end < begin or end > length:
            raise SafetensorsError("offsets", file=source.name, key=spell_token(key)[:80])
    place = 0
    for begin, end in sorted(spans):
        if begin != place:
            raise SafetensorsError("offsets", file=source.name, key="none")
        place = end
    if place != length:
        raise SafetensorsError("offsets", file=source.name, key="none")


def _check_sizes(source: ByteSource, entries: dict[str, Entry], spans: list[tuple[int, int]], kinds: list[Kind]) -> None:
    """Check that every tensor fits its bytes."""
    for found, (begin, end), kind in zip(entries, spans, kinds, strict=True):
        if kind.size == end - begin:
            continue
        key = spell_token(found)[:80]
        if kind.dtype not in DTYPES:
            raise SafetensorsError("dtype", file=source.name, key=key, dtype=ascii(kind.dtype[:40])[1:-1])
        raise SafetensorsError("shape" if any(each < 0 for each in kind.shape) else "offsets", file=source.name, key=key)


def joined(sources: Sequence[ByteSource], limits: Limits) -> KeyTree:
    """Read the shards of one checkpoint. Raises SafetensorsError, ReadLimitError, ShardsError (`shards_collide`)."""
    kinds = Kinds()
    count = 0

    def one(numbered: tuple[int, ByteSource]) -> Shard:
        nonlocal count
        found = shard(numbered[1], numbered[0], kinds, limits)
        count += len(found.keys)
        if count > limits.keys:
            raise ReadLimitError("limit", file=numbered[1].name, detail="keys")
        return found

    shards = together(one, enumerate(sources))
    if any(SHARDING in found.metadata for found in shards):
        return _tree(sources, shards, whole(sources, [(found.keys, found.tensors, found.metadata) for found in shards]))
    tensors = _hashed()
    keys = chain.from_iterable(found.keys for found in shards)
    tensors.update(zip(keys, chain.from_iterable(found.tensors for found in shards), strict=True))
    if len(tensors) != count:
        raise _collision(sources, shards)
    return _tree(sources, shards, tensors)


def _tree(sources: Sequence[ByteSource], shards: Sequence[Shard], tensors: dict[str, TensorInfo]) -> KeyTree:
    return KeyTree(
        "safetensors",
        tensors,
        files=tuple(FileInfo(source.name, source.size) for source in sources),
        other={name: text for found in shards for name, text in found.other.items()},
        metadata={name: text for found in shards for name, text in found.metadata.items()},
        offers=(TreeOffer((), len(tensors), sum(found.elements for found in shards)),),
        ordered=False,
    )


def _hashed() -> dict[str, TensorInfo]:
    """Return a dictionary that keeps the hash of each key beside it, as one that never held anything but text does not.

    While it fills, the keys themselves, by then in no cache, need not be looked at again.
    """
    made: dict[str | None, TensorInfo] = {None: TensorInfo((), "")}
    del made[None]
    return cast("dict[str, TensorInfo]", made)


def _collision(sources: Sequence[ByteSource], shards: Sequence[Shard]) -> ShardsError:
    """Return the error of the first shard that holds a key of one before."""
    seen: set[str] = set()
    for source, found in zip(sources, shards, strict=True):
        key = next((key for key in found.keys if key in seen), None)
        if key is not None:
            return ShardsError("shards_collide", file=source.name, key=key[:80])
        seen.update(found.keys)
    raise AssertionError


def _dropped(metadata: dict[str, str], entries: dict[str, Entry]) -> dict[str, str]:
    """Names that were tied when the file was written and dropped from it, as `__metadata__` tells: name -> what it is an alias of."""
    return {name: f"alias of {kept}" for name, kept in metadata.items() if name not in entries and kept in entries}


def read(source: ByteSource, nesting: tuple[Token, ...] | None, limits: Limits) -> KeyTree:
    """Read the tree of one file. Raises SafetensorsError, ReadLimitError."""
    if nesting:
        raise ReadError("no_such_nesting", file=source.name, nesting=str(nesting[0])[:80])
    return joined([source], limits)
