"""Fine-tuning what was transferred."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import nn

from app.exporting.runtime.loading import places, unwrap
from app.exporting.runtime.tables import EXPECTED, FRESH, MAY_BE_MISSING
from app.tensors.kernels.fresh import start_fresh

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def transferred(model: nn.Module, subtree: str = "") -> Iterator[tuple[str, nn.Parameter]]:
    """Yield the parameters that the transfer fills."""
    lead = f"{subtree}." if subtree else ""
    for name, parameter in unwrap(model).named_parameters():
        key = lead + name
        if key in EXPECTED and key not in FRESH and key not in MAY_BE_MISSING:
            yield name, parameter


def freeze_transferred(
    model: nn.Module, *, subtree: str = "", module_types: tuple[type[nn.Module], ...] = ()
) -> list[str]:
    """Stop the gradient of transferred parameters, or of those in such modules; return their names."""
    stands = places(unwrap(model))
    frozen = []
    for name, parameter in transferred(model, subtree):
        if not module_types or isinstance(stands[name][0][0], module_types):
            parameter.requires_grad_(False)
            frozen.append(name)
    return frozen


def param_groups(
    model: nn.Module,
    base_lr: float,
    new_lr: float,
    *,
    layer_decay: float | None = None,
    subtree: str = "",
) -> list[dict[str, Any]]:
    """Group parameters for an optimizer: transferred ones learn at `base_lr`, fresh ones at `new_lr`.

    With `layer_decay`, a transferred parameter learns slower the earlier its layer stands: the first number in its name is the
    layer, and parameters before any layer (embeddings, stems) count as the layer before the first.
    """
    names = {name for name, _ in transferred(model, subtree)}
    layers = {name: _layer(name) for name in names}
    depth = max(layers.values(), default=-1) + 1
    groups: dict[float, list[nn.Parameter]] = {}
    for name, parameter in unwrap(model).named_parameters():
        if parameter.requires_grad:
            rate = base_lr if name in names else new_lr
            if layer_decay is not None and name in names:
                rate *= layer_decay ** (depth - 1 - layers[name])
            groups.setdefault(rate, []).append(parameter)
    return [
        {"params": parameters, "lr": rate}
        for rate, parameters in sorted(groups.items(), key=lambda group: group[0])
    ]


def _layer(name: str) -> int:
    match = re.search(r"(?<![0-9A-Za-z_])\d+(?![0-9A-Za-z_])", name)
    return int(match[0]) if match else -1


def warmup_schedule(
    optimizer: torch.optim.Optimizer,
    warmup_steps: int,
    *,
    milestones: Sequence[int] = (),
    gamma: float = 0.1,
) -> torch.optim.lr_scheduler.LambdaLR:
    """Raise the rate linearly over `warmup_steps`, then multiply it by `gamma` at each milestone (in steps)."""

    def factor(step: int) -> float:
        warm = min(1.0, (step + 1) / max(1, warmup_steps))
        return warm * float(gamma ** sum(step >= milestone for milestone in milestones))

    return torch.optim.lr_scheduler.LambdaLR(optimizer, factor)


def set_batchnorm_eval(model: nn.Module) -> int:
    """Keep running statistics of batch norms as they were transferred; call after each `model.train()`. Returns how many."""
    norms = [
        module for module in model.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)
    ]
    for norm in norms:
        norm.eval()
    return len(norms)


def init_untransferred(
    model: nn.Module, *, subtree: str = "", policy: str = "model", **arguments: Any
) -> list[str]:
    """Start the keys that the transfer does not fill, each as the transfer says; return those that were written.

    Where it says "model", what the model's own constructor made stays, or `policy` is taken instead:
    "truncated_normal" with std=0.02, say. Tensors that are tied to transferred ones are left alone.
    """
    lead = f"{subtree}." if subtree else ""
    stands_of = places(unwrap(model))
    filled = {id(stands_of[name]) for name, _ in transferred(model, subtree)}
    written = []
    for key, stands in stands_of.items():
        own, settings = FRESH.get(lead + key, ("", {}))
        if own == "model":
            own, settings = policy, arguments
        if own not in {"", "model"} and id(stands) not in filled:
            module, name = stands[0]
            tensor = module._parameters.get(name)
            start_fresh(
                cast("torch.Tensor", module._buffers[name] if tensor is None else tensor),
                own,
                dict(settings),
            )
            written.append(key)
    return written
