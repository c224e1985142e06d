"""A model that has nothing but keys: for a target whose code is not here. This file is also what the sandbox is given, so it needs torch alone."""

from typing import Any

import torch
from torch import nn


class StandIn(nn.Module):
    """Plain modules, parameters and buffers on the meta device, tied where the rows say so.

    rows -- (path and name, dtype of torch, shape, is a buffer, the place of the row it is tied to or -1)
    """

    def __init__(self, rows: list[tuple[list[str], str, list[int], bool, int]]) -> None:
        super().__init__()
        made: list[torch.Tensor] = []
        for (*path, name), dtype, shape, is_buffer, tied in rows:
            module: Any = self
            for step in path:
                module = module._modules.setdefault(step, nn.Module())  # noqa: SLF001 -- names that attributes refuse (numbers, dots) are fine here
            tensor = torch.empty(shape, dtype=getattr(torch, dtype), device="meta") if tied < 0 else made[tied]
            if is_buffer or not (tensor.is_floating_point() or tensor.is_complex()):
                module._buffers[name] = tensor  # noqa: SLF001
            else:
                tensor = tensor if isinstance(tensor, nn.Parameter) else nn.Parameter(tensor)
                module._parameters[name] = tensor  # noqa: SLF001
            made.append(tensor)


def from_file(name: str = "keys.json") -> StandIn:
    """Build it from the rows in a file beside this one."""
    import json  # noqa: PLC0415 -- only in the sandbox
    from pathlib import Path  # noqa: PLC0415

    return StandIn(json.loads(Path(__file__).with_name(name).read_text("utf-8")))
