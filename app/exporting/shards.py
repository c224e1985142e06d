"""Cutting a checkpoint into shards, and the index that names them."""

import json
from collections.abc import Mapping, Sequence

from app.exporting.content import Entry, ExportError
from app.exporting.piece import Literal, OutputFile


def shards(entries: Sequence[Entry], limit: int, count: int = 0) -> list[list[Entry]]:
    """Cut entries into shards, in order.

    limit -- most bytes of tensors in a shard; a larger tensor has one for itself. 0: one shard
    count -- number of shards instead, the largest as small as can be; no more than there are tensors
    ExportError `shards_both_ways` where both are given.
    """
    if limit and count:
        raise ExportError("shards_both_ways")
    if not count:
        return _filled(entries, limit or sum(entry.nbytes for entry in entries))
    count = min(count, len(entries))
    return _filled(entries, _least(entries, count), at_least=count)


def _least(entries: Sequence[Entry], count: int) -> int:
    """Find the smallest limit under which `count` shards suffice, by halving."""
    low, high = max(entry.nbytes for entry in entries), sum(entry.nbytes for entry in entries)
    while low < high:
        middle = (low + high) // 2
        if len(_filled(entries, middle)) > count:
            low = middle + 1
        else:
            high = middle
    return low


def _filled(entries: Sequence[Entry], limit: int, at_least: int = 1) -> list[list[Entry]]:
    """Fill shards one after another, but leave a tensor for each of those that must follow."""
    out: list[list[Entry]] = [[]]
    filled = 0
    for index, entry in enumerate(entries):
        owed = len(entries) - index <= at_least - len(out)
        if out[-1] and (owed or filled + entry.nbytes > limit):
            out.append([])
            filled = 0
        out[-1].append(entry)
        filled += entry.nbytes
    return out


def shard_names(stem: str, suffix: str, count: int) -> list[str]:
    """Name shards as other tools look for them."""
    return [f"{stem}{suffix}"] if count == 1 else [f"{stem}-{index:05d}-of-{count:05d}{suffix}" for index in range(1, count + 1)]


def index_file(name: str, files: Sequence[OutputFile], total: int, metadata: Mapping[str, str]) -> OutputFile:
    """Write the index: which key is in which shard; `metadata` stands beside the total size."""
    weights = {key: file.name for file in files for key in file.keys}
    text = json.dumps({"metadata": {**metadata, "total_size": total}, "weight_map": weights}, indent=2, sort_keys=True)
    return OutputFile(name, (Literal(text.encode()),))
