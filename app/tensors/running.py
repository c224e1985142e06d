"""Running a recipe on tensors."""

from collections.abc import Callable

import torch

from app.errors import KeygraftError
from app.mapping.outcomes import Leaf, Recipe
from app.tensors.kernels import KERNELS

Load = Callable[[Leaf], torch.Tensor]


class TensorError(KeygraftError):
    """A recipe that cannot be run."""


def run(recipe: Recipe, load: Load) -> torch.Tensor:
    """Make the tensor that a recipe describes; source tensors come from `load`.

    TensorError `kernel_unknown` for an op without a kernel, `kernel_shape` where the result is not of the recipe's shape: the
    source's header does not say the truth.
    """
    if isinstance(recipe, Leaf):
        return load(recipe)
    kernel = KERNELS.get(recipe.op)
    if kernel is None:
        raise TensorError("kernel_unknown", op=recipe.op)
    result: torch.Tensor = kernel(*(run(part, load) for part in recipe.inputs), **recipe.args)
    if recipe.shape and tuple(result.shape) != recipe.shape:
        raise TensorError("kernel_shape", op=recipe.op, wanted=str(recipe.shape), found=str(tuple(result.shape)))
    return result
