"""Shards of safetensors that hold parts of tensors: what a distributed checkpoint of torch writes in Hugging Face's format.

Source of the format: pytorch, `torch/distributed/checkpoint/hf_storage.py` and `_consolidate_hf_safetensors.py`.
"""

from collections.abc import Sequence
from math import prod
from typing import NamedTuple

import msgspec

from app.keys import TensorInfo
from app.keys.spelling import spell_token
from app.readers.errors import SafetensorsError, ShardsError
from app.sources import ByteSource

SHARDING = "DCP_SHARDING_INFO"
"""Entry of `__metadata__`: JSON, key -> where in the whole tensor this part begins."""


class _Begin(msgspec.Struct):
    saved_offsets: tuple[int, ...]


class _Part(NamedTuple):
    info: TensorInfo
    begin: tuple[int, ...]


_DECODE = msgspec.json.Decoder(dict[str, _Begin])


def whole(
    sources: Sequence[ByteSource], shards: Sequence[tuple[Sequence[str], Sequence[TensorInfo], dict[str, str]]]
) -> dict[str, TensorInfo]:
    """Put tensors together from keys, tensors and metadata of each file. Raises ShardsError (`parts_missing`), SafetensorsError."""
    parts: dict[str, list[_Part]] = {}
    owners: dict[str, ByteSource] = {}
    for source, (keys, infos, metadata) in zip(sources, shards, strict=True):
        begins = _begins(source, metadata)
        for key, info in zip(keys, infos, strict=True):
            begin = begins.get(key)
            parts.setdefault(key, []).append(_Part(info, (0,) * len(info.shape or ()) if begin is None else begin))
            owners[key] = source
    return {key: _joined(owners[key], key, held) for key, held in parts.items()}


def _begins(source: ByteSource, metadata: dict[str, str]) -> dict[str, tuple[int, ...]]:
    try:
        return {spell_token(key): each.saved_offsets for key, each in _DECODE.decode(metadata.get(SHARDING, "{}")).items()}
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        raise SafetensorsError("safetensors_header", file=source.name, detail="metadata", key="") from error


def _joined(source: ByteSource, key: str, parts: list[_Part]) -> TensorInfo:
    """Return the tensor of all its parts; one that is whole as it is."""
    first = parts[0].info
    rank = len(first.shape or ())
    for info, begin in parts:
        if info.dtype != first.dtype or len(info.shape or ()) != rank or len(begin) != rank or (begin and min(begin) < 0):
            raise ShardsError("shards_collide", file=source.name, key=key[:80])
    shape = tuple(max(begin[axis] + (info.shape or ())[axis] for info, begin in parts) for axis in range(rank))
    if len({begin for _, begin in parts}) < len(parts):  # the same part twice
        raise ShardsError("shards_collide", file=source.name, key=key[:80])
    held, needed = sum(info.numel for info, _ in parts), prod(shape)
    if held != needed:
        raise ShardsError("parts_missing", file=source.name, key=key[:80], held=held, needed=min(needed, (1 << 63) - 1))
    return first if len(parts) == 1 else TensorInfo(shape, first.dtype, note=f"in {len(parts)} parts")
