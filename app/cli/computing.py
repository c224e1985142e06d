"""Tensors of the command line: the one part of it that needs torch, loaded when tensors are compared."""

from collections.abc import Sequence

import torch

from app.cli.given import Side
from app.mapping.outcomes import Leaf
from app.tensors import Loader


def differing(a: Side, b: Side, keys: Sequence[str]) -> list[tuple[str, float | None]]:
    """Keys whose tensors differ, with the largest difference; NaN is equal to NaN, and to nothing else. Raises KeygraftError."""
    loaders = [Loader({"": side.tree}, {"": side.held}) for side in (a, b)]
    found: list[tuple[str, float | None]] = []
    for key in keys:
        first, second = (load(Leaf(key)) for load in loaders)
        if torch.equal(first, second):
            continue
        wide = torch.complex128 if first.is_complex() else torch.float64
        one, other = first.to(wide), second.to(wide)
        if not torch.equal(one.isnan(), other.isnan()):
            found.append((key, None))
            continue
        apart = torch.where(one == other, 0, (one - other).abs()).nan_to_num(0.0, posinf=float("inf"))
        largest = apart.max().item()
        if largest > 0:
            found.append((key, largest))
    return found
