"""Taking parts of a tensor and joining tensors."""

from __future__ import annotations

import torch


def cut(inputs: list[torch.Tensor], *, dim: int, start: int, length: int) -> torch.Tensor:
    """Take `length` rows from `start` on along a dimension."""
    return inputs[0].narrow(dim, start, length)


def pick(inputs: list[torch.Tensor], *, dim: int, index: int) -> torch.Tensor:
    """Take one row along a dimension, which goes away."""
    return inputs[0].select(dim, index)


def concat(inputs: list[torch.Tensor], *, dim: int = 0) -> torch.Tensor:
    """Lay tensors behind one another along a dimension."""
    return torch.cat(inputs, dim=dim)


def stack(inputs: list[torch.Tensor], *, dim: int = 0) -> torch.Tensor:
    """Lay tensors of one shape side by side along a new dimension."""
    return torch.stack(inputs, dim=dim)
