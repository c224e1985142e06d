"""Tensors that an output has to compute: by numpy where elements only move, by torch for the rest."""

from collections.abc import Mapping

from app.exporting.moving import Mover, moves
from app.exporting.writing import Compute
from app.keys import KeyTree
from app.mapping import Recipe
from app.sources import FileSet


def computing(trees: Mapping[str, KeyTree], files: Mapping[str, FileSet]) -> Compute:
    """Make the function that `write` calls for computed pieces; torch is imported when the first recipe needs it.

    trees -- source name -> key tree, with locations
    files -- source name -> the files those locations point into
    """
    mover = Mover(trees, files)
    by_torch: list[Compute] = []

    def compute(recipe: Recipe) -> memoryview:
        if moves(recipe, trees):
            return mover(recipe)
        if not by_torch:
            by_torch.append(_torch_way(trees, files))
        return by_torch[0](recipe)

    return compute


def _torch_way(trees: Mapping[str, KeyTree], files: Mapping[str, FileSet]) -> Compute:
    from app.tensors import Loader, raw_bytes, run  # noqa: PLC0415 -- most plans never need it

    load = Loader(trees, files)
    return lambda recipe: raw_bytes(run(recipe, load))
