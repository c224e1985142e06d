"""Kernels that change a size: filling up, and resizing tables of positions."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from app.tensors.kernels.fresh import start_fresh
from app.tensors.kernels.values import wide


def pad(
    tensor: torch.Tensor, *, dim: int, before: int, after: int, fill: dict[str, Any]
) -> torch.Tensor:
    """Add rows before and behind along a dimension; `fill` names what they start with."""
    settings = {name: value for name, value in fill.items() if name != "policy"}
    parts = [tensor]
    for place, count in ((0, before), (len(parts), after)):
        shape = list(tensor.shape)
        shape[dim] = count
        rows = torch.zeros(shape, device=tensor.device)
        if not tensor.is_meta:
            start_fresh(rows, fill["policy"], settings)
        parts.insert(place if place == 0 else len(parts), rows.to(tensor.dtype))
    return torch.cat(parts, dim=dim)


def interpolate(
    tensor: torch.Tensor,
    *,
    mode: str,
    antialias: bool,
    prefix: int,
    grid: list[int],
    to_grid: list[int],
) -> torch.Tensor:
    """Resize a table of positions: (tokens, width), (1, tokens, width) or maps (n, channels, height, width).

    The first `prefix` tokens stay as they are; the others are read as `grid` and resized to `to_grid`.
    """
    if tensor.dim() == 4:
        return resized(wide(tensor), mode, antialias, to_grid).to(tensor.dtype)
    table = tensor if tensor.dim() == 3 else tensor.unsqueeze(0)
    kept, positions = table[:, :prefix], table[:, prefix:]
    maps = wide(positions).transpose(1, 2).reshape(1, table.shape[-1], *grid)
    new = resized(maps, mode, antialias, to_grid).flatten(2).transpose(1, 2).to(tensor.dtype)
    return torch.cat([kept, new], dim=1).reshape(*tensor.shape[:-2], -1, tensor.shape[-1])


def resized(maps: torch.Tensor, mode: str, antialias: bool, size: list[int]) -> torch.Tensor:
    """Resize maps (n, channels, length) or (n, channels, height, width)."""
    if mode in {"bilinear", "bicubic"}:
        flat = len(size) == 1
        grid = maps.unsqueeze(2) if flat else maps
        wanted = [1, *size] if flat else size
        new: torch.Tensor = nn.functional.interpolate(
            grid, size=wanted, mode=mode, antialias=antialias, align_corners=False
        )
        return new.squeeze(2) if flat else new
    corners = False if mode == "linear" else None
    return nn.functional.interpolate(maps, size=size, mode=mode, align_corners=corners)
