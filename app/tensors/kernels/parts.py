"""Taking parts of a tensor and joining tensors."""

from __future__ import annotations

import torch


def cut(tensor: torch.Tensor, *, dim: int, start: int, length: int) -> torch.Tensor:
    """Take `length` rows from `start` on along a dimension."""
    return tensor.narrow(dim, start, length)


def pick(tensor: torch.Tensor, *, dim: int, index: int) -> torch.Tensor:
    """Take one row along a dimension, which goes away."""
    return tensor.select(dim, index)


def concat(*tensors: torch.Tensor, dim: int) -> torch.Tensor:
    """Lay tensors behind one another along a dimension."""
    return torch.cat(tensors, dim=dim)


def stack(*tensors: torch.Tensor, dim: int) -> torch.Tensor:
    """Lay tensors of one shape side by side along a new dimension."""
    return torch.stack(tensors, dim=dim)


def repeat(tensor: torch.Tensor, *, dim: int, times: int) -> torch.Tensor:
    """Lay a tensor behind itself along a dimension."""
    return torch.cat([tensor] * times, dim=dim)
