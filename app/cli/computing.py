"""Tensors of the command line: the one part of it that needs torch, loaded when a tensor must be computed or compared."""

from collections.abc import Callable, Mapping, Sequence

import torch

from app.cli.given import Side
from app.errors import KeygraftError
from app.keys import KeyTree
from app.mapping.outcomes import Leaf, Recipe
from app.sources import FileSet
from app.tensors import Loader, raw_bytes, run


def compute_with(trees: Mapping[str, KeyTree], files: Mapping[str, FileSet]) -> Callable[[Recipe], memoryview]:
    """Return what makes the bytes of a recipe."""
    load = Loader(trees, files)
    return lambda recipe: raw_bytes(run(recipe, load))


def differing(a: Side, b: Side, keys: Sequence[str]) -> list[tuple[str, float]]:
    """Keys whose tensors differ, with the largest difference (infinite where one is no number). Raises KeygraftError."""
    loaders = [Loader({"": side.tree}, {"": _files(side)}) for side in (a, b)]
    found = []
    for key in keys:
        first, second = (load(Leaf(key)) for load in loaders)
        if not torch.equal(first, second):
            apart = (first.to(torch.float64) - second.to(torch.float64)).abs().max().item()
            found.append((key, apart if apart == apart else float("inf")))  # noqa: PLR0124 -- NaN is not itself
    return found


def _files(side: Side) -> FileSet:
    if side.files is None:
        raise KeygraftError("export_not_held", label=side.text[:200])
    return side.files
