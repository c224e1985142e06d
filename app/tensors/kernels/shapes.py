"""Reordering dimensions and reading elements under another shape."""

from __future__ import annotations

import torch


def identity(inputs: list[torch.Tensor]) -> torch.Tensor:
    """Return the tensor as it is."""
    return inputs[0]


def transpose(inputs: list[torch.Tensor], *, dims: list[int]) -> torch.Tensor:
    """Exchange two dimensions."""
    return inputs[0].transpose(dims[0], dims[1])


def reshape(inputs: list[torch.Tensor], *, shape: list[int]) -> torch.Tensor:
    """Read the elements in order under another shape."""
    return inputs[0].reshape(shape)


def permute(inputs: list[torch.Tensor], *, dims: list[int], kind: str = "dims") -> torch.Tensor:
    """Put the dimensions into another order."""
    del kind
    return inputs[0].permute(dims)
