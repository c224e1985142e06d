"""What a tensor starts with that no checkpoint fills."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from app.tensors.kernels.values import cast

if TYPE_CHECKING:
    from collections.abc import Callable


def start_fresh(tensor: torch.Tensor, policy: str, arguments: dict[str, Any]) -> None:
    """Fill a tensor in place by a named scheme; `seed` makes it repeatable, the global generator is left alone.

    The schemes are those of torch.nn.init; one that needs two dimensions starts a bias with zeros.
    """
    settings = dict(arguments)
    seed = settings.pop("seed", None)
    schemes: dict[str, Callable[..., torch.Tensor]] = {
        "zeros": nn.init.zeros_,
        "ones": nn.init.ones_,
        "constant": lambda target, value: target.fill_(value),
        "normal": nn.init.normal_,
        "uniform": lambda target, low=0.0, high=1.0: nn.init.uniform_(target, low, high),
        "truncated_normal": nn.init.trunc_normal_,
        "kaiming_normal": nn.init.kaiming_normal_,
        "kaiming_uniform": nn.init.kaiming_uniform_,
        "xavier_normal": nn.init.xavier_normal_,
        "xavier_uniform": nn.init.xavier_uniform_,
    }
    if policy.startswith(("kaiming", "xavier")) and tensor.dim() < 2:
        policy, settings = "zeros", {}
    with torch.random.fork_rng(devices=[], enabled=seed is not None), torch.no_grad():
        if seed is not None:
            torch.manual_seed(int(seed))
        schemes[policy](tensor, **settings)


def fresh(
    *,
    policy: str,
    settings: dict[str, Any],
    size: list[int],
    dtype: str,
) -> torch.Tensor:
    """Make a new tensor by a scheme."""
    tensor = torch.empty(size, dtype=torch.float32)
    start_fresh(tensor, policy, settings)
    return cast(tensor, dtype=dtype)
