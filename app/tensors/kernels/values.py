"""Kernels that change values; narrow floats are widened to F32 for the computation and rounded once."""

from __future__ import annotations

import torch

DTYPES = {
    "BOOL": torch.bool,
    "U8": torch.uint8,
    "I8": torch.int8,
    "I16": torch.int16,
    "I32": torch.int32,
    "I64": torch.int64,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "F32": torch.float32,
    "F64": torch.float64,
    "C64": torch.complex64,
    "C128": torch.complex128,
    "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2,
}


def cast(tensor: torch.Tensor, *, dtype: str) -> torch.Tensor:
    """Convert to another element type, named as safetensors names it."""
    return tensor.to(DTYPES[dtype])


def wide(tensor: torch.Tensor) -> torch.Tensor:
    """Widen a narrow float to F32."""
    return tensor.float() if tensor.is_floating_point() and tensor.element_size() < 4 else tensor


def scale(tensor: torch.Tensor, *, factor: float = 1.0, offset: float = 0.0) -> torch.Tensor:
    """Multiply by a number, then add one."""
    return (wide(tensor) * factor + offset).to(tensor.dtype)


def add(first: torch.Tensor, second: torch.Tensor, *, alpha: float = 1.0) -> torch.Tensor:
    """Add two tensors, the second times `alpha`."""
    if not first.is_floating_point():
        return (first + second * alpha).to(first.dtype)
    return torch.add(wide(first), wide(second), alpha=alpha).to(first.dtype)


def matmul(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Multiply two matrices."""
    return (wide(first) @ wide(second)).to(first.dtype)


def total(tensor: torch.Tensor, *, dim: int, keepdim: bool) -> torch.Tensor:
    """Add up along a dimension."""
    return wide(tensor).sum(dim=dim, keepdim=keepdim).to(tensor.dtype)


def mean(tensor: torch.Tensor, *, dim: int, keepdim: bool) -> torch.Tensor:
    """Average along a dimension."""
    return wide(tensor).mean(dim=dim, keepdim=keepdim).to(tensor.dtype)


def norm(tensor: torch.Tensor, *, dim: int) -> torch.Tensor:
    """Measure the Euclidean length over all dimensions but `dim`, which stay with size one."""
    others = [axis for axis in range(tensor.dim()) if axis != dim]
    value = wide(tensor)
    if not others:
        return value.abs().to(tensor.dtype)
    length: torch.Tensor = torch.linalg.vector_norm(value, dim=others, keepdim=True)
    return length.to(tensor.dtype)


def weight_norm(length: torch.Tensor, direction: torch.Tensor, *, dim: int) -> torch.Tensor:
    """Fold a length and a direction, normed over all dimensions but `dim`, into a weight."""
    value = wide(direction)
    return (value * (wide(length) / norm(value, dim=dim))).to(direction.dtype)
