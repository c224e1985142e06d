"""A remapped checkpoint as a list of pieces."""

from collections.abc import Mapping

from app.exporting.content import content
from app.exporting.options import FileOptions
from app.exporting.piece import Computed, OutputFile, PieceList, Range
from app.exporting.safetensors import safetensors_file
from app.exporting.shards import index_file, shard_names, shards
from app.exporting.torch_zip import torch_file
from app.keys import KeyTree
from app.mapping import leaves
from app.mapping.outcomes import Evaluation, Leaf
from app.mapping.plan import Plan

_STEMS = {"safetensors": ("model", ".safetensors"), "torch": ("pytorch_model", ".bin")}


def pieces(
    evaluation: Evaluation,
    sources: Mapping[str, KeyTree],
    target: KeyTree,
    options: FileOptions | None = None,
    plan: Plan | None = None,
) -> PieceList:
    """Describe the remapped checkpoint without touching a byte of it.

    `plan` lets keys that start as zeros, ones or a constant be written too. Raises ExportError, see `content` and the containers.
    """
    options = options or FileOptions()
    held = content(evaluation, sources, target, options, plan)
    parts = shards(held.entries, options.max_shard_size)
    stem, suffix = _STEMS[options.container]
    names = shard_names(stem, suffix, len(parts))
    metadata = options.metadata | held.aliases
    files: list[OutputFile] = []
    for name, part in zip(names, parts, strict=True):
        if options.container == "torch":
            files.append(torch_file(name, part, held.aliases))
        else:
            files.append(safetensors_file(name, part, metadata))
    if len(files) > 1:
        files.append(index_file(f"{stem}{suffix}.index.json", files, sum(entry.nbytes for entry in held.entries)))
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
