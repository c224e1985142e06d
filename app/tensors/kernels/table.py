"""The kernel of each op of a recipe."""

from collections.abc import Callable

import torch

from app.tensors.kernels.fresh import fresh
from app.tensors.kernels.parts import concat, cut, pick, repeat, stack
from app.tensors.kernels.shapes import flip, identity, permute, reshape, transpose
from app.tensors.kernels.sizes import interpolate, pad
from app.tensors.kernels.values import add, cast, matmul, mean, norm, scale, total, weight_norm

KERNELS: dict[str, Callable[..., torch.Tensor]] = {
    "add": add,
    "cast": cast,
    "concat": concat,
    "flip": flip,
    "fresh": fresh,
    "identity": identity,
    "interpolate": interpolate,
    "matmul": matmul,
    "mean": mean,
    "norm": norm,
    "pad": pad,
    "permute": permute,
    "repeat": repeat,
    "reshape": reshape,
    "scale": scale,
    "select": pick,
    "slice": cut,
    "stack": stack,
    "sum": total,
    "transpose": transpose,
    "weight_norm": weight_norm,
}
"""Op -> function of its input tensors and, by name, its arguments."""
