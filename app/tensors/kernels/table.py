"""The kernel of each op of a recipe."""

from collections.abc import Callable

import torch

from app.tensors.kernels.fresh import fresh
from app.tensors.kernels.parts import concat, cut, pick, stack
from app.tensors.kernels.shapes import identity, permute, reshape, transpose
from app.tensors.kernels.values import cast

KERNELS: dict[str, Callable[..., torch.Tensor]] = {
    "identity": identity,
    "slice": cut,
    "select": pick,
    "concat": concat,
    "stack": stack,
    "transpose": transpose,
    "reshape": reshape,
    "cast": cast,
    "fresh": fresh,
    "permute": permute,
}
"""Op -> function of a list of tensors and the op's arguments."""
