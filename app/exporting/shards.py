"""Cutting a checkpoint into shards, and the index that names them."""

import json
from collections.abc import Iterable, Sequence

from app.exporting.content import Entry
from app.exporting.piece import Literal, OutputFile


def shards(entries: Iterable[Entry], limit: int) -> list[list[Entry]]:
    """Fill shards in order, each up to `limit` bytes of tensors; a larger tensor has one for itself. One shard where limit is 0."""
    out: list[list[Entry]] = [[]]
    filled = 0
    for entry in entries:
        if limit and out[-1] and filled + entry.nbytes > limit:
            out.append([])
            filled = 0
        out[-1].append(entry)
        filled += entry.nbytes
    return out


def shard_names(stem: str, suffix: str, count: int) -> list[str]:
    """Name shards as other tools look for them."""
    return [f"{stem}{suffix}"] if count == 1 else [f"{stem}-{index:05d}-of-{count:05d}{suffix}" for index in range(1, count + 1)]


def index_file(name: str, files: Sequence[OutputFile], total: int) -> OutputFile:
    """Write the index: which key is in which shard."""
    weights = {key: file.name for file in files for key in file.keys}
    text = json.dumps({"metadata": {"total_size": total}, "weight_map": weights}, indent=2, sort_keys=True)
    return OutputFile(name, (Literal(text.encode()),))
