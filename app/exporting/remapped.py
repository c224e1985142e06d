"""A remapped checkpoint as a list of pieces."""

from collections.abc import Callable, Mapping, Sequence

from app.exporting.content import Entry, content
from app.exporting.options import FileOptions
from app.exporting.piece import Computed, OutputFile, PieceList, Range
from app.exporting.safetensors import safetensors_file
from app.exporting.shards import index_file, shard_names, shards
from app.exporting.torch_legacy import legacy_file
from app.exporting.torch_zip import torch_file
from app.keys import KeyTree
from app.mapping import leaves
from app.mapping.outcomes import Evaluation, Leaf
from app.mapping.plan import Plan

_STEMS = {
    "safetensors": ("model", ".safetensors"),
    "torch": ("pytorch_model", ".bin"),
    "torch-legacy": ("pytorch_model", ".bin"),
}
_LAYOUTS: dict[str, Callable[[str, Sequence[Entry], Mapping[str, str], Mapping[str, str]], OutputFile]] = {
    "safetensors": lambda name, entries, aliases, metadata: safetensors_file(name, entries, {**metadata, **aliases}),
    "torch": torch_file,
    "torch-legacy": legacy_file,
}


def pieces(
    evaluation: Evaluation,
    sources: Mapping[str, KeyTree],
    target: KeyTree,
    options: FileOptions | None = None,
    plan: Plan | None = None,
) -> PieceList:
    """Describe the remapped checkpoint without touching a byte of it.

    `plan` lets keys that start as zeros, ones or a constant be written too. Raises ExportError, see `content`, `shards` and the containers.
    """
    options = options or FileOptions()
    held = content(evaluation, sources, target, options, plan)
    parts = shards(held.entries, options.max_shard_size, options.shards)
    stem, suffix = _STEMS[options.container]
    names = shard_names(stem, suffix, len(parts))
    files = [_LAYOUTS[options.container](name, part, held.aliases, options.metadata) for name, part in zip(names, parts, strict=True)]
    if len(files) > 1:
        total = sum(entry.nbytes for entry in held.entries)
        files.append(index_file(f"{stem}{suffix}.index.json", files, total, options.metadata))
    return PieceList(tuple(files), held.left_out, held.aliases, _needed(files, sources), held.peak)


def _needed(files: list[OutputFile], sources: Mapping[str, KeyTree]) -> tuple[tuple[str, str], ...]:
    """Name the source files whose bytes are needed."""
    found: dict[tuple[str, str], None] = {}
    for file in files:
        for piece in file.pieces:
            if isinstance(piece, Range):
                found[piece.source, piece.file] = None
            elif isinstance(piece, Computed):
                for leaf in leaves(piece.recipe):
                    found[leaf.source, _file_of(leaf, sources)] = None
    return tuple(found)


def _file_of(leaf: Leaf, sources: Mapping[str, KeyTree]) -> str:
    tree = sources[leaf.source]
    where = tree.tensors[leaf.key].where
    return "" if where is None else tree.files[where.file].name
