"""Reordering dimensions and rows, and reading elements under another shape."""

from __future__ import annotations

from typing import Any

import torch


def identity(tensor: torch.Tensor) -> torch.Tensor:
    """Return the tensor as it is."""
    return tensor


def transpose(tensor: torch.Tensor, *, dims: list[int]) -> torch.Tensor:
    """Exchange two dimensions."""
    return tensor.transpose(dims[0], dims[1])


def reshape(tensor: torch.Tensor, *, shape: list[int]) -> torch.Tensor:
    """Read the elements in order under another shape."""
    return tensor.reshape(shape)


def flip(tensor: torch.Tensor, *, dims: list[int]) -> torch.Tensor:
    """Put rows into the opposite order along dimensions."""
    return tensor.flip(dims)


def permute(tensor: torch.Tensor, *, kind: str = "dims", **how: Any) -> torch.Tensor:
    """Put dimensions (`kind` "dims") or the rows of one (`kind` "rows") into another order."""
    if kind == "dims":
        dims: list[int] = how["dims"]
        return tensor.permute(dims)
    return permute_rows(tensor, **how)


def permute_rows(
    tensor: torch.Tensor,
    *,
    dim: int,
    view: list[int] | None = None,
    dims: list[int] | None = None,
    deinterleave: dict[str, Any] | None = None,
    roll: int = 0,
    index: list[int] | None = None,
) -> torch.Tensor:
    """Put the rows along a dimension into another order.

    view, dims   -- read the rows as a grid of this shape and exchange its axes
    deinterleave -- `groups`, each holding all `parts` (sizes), become parts, each holding all groups
    roll         -- begin with this row; those before it come last
    index        -- take these rows
    """
    if roll:
        return torch.roll(tensor, -roll, dim)
    size = tensor.shape[dim]
    order = torch.arange(size)
    if view is not None and dims is not None:
        order = order.reshape(view).permute(dims).reshape(-1)
    elif deinterleave is not None:
        groups, parts = deinterleave["groups"], deinterleave["parts"]
        columns = torch.split(order.reshape(groups, -1), parts, dim=1)
        order = torch.cat([column.reshape(-1) for column in columns])
    elif index is not None:
        order = torch.tensor(index)
    return tensor.index_select(dim, order.to(tensor.device))
