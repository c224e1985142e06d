"""The smallest code that remaps a state_dict: what hooks of other frameworks carry."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.exporting.runtime.tables import LEFT_BEHIND, RENAMES, remapped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import torch


class Take:
    """Hands out source tensors by key and remembers which were used."""

    def __init__(self, state_dict: Mapping[str, torch.Tensor]) -> None:
        self.state_dict = state_dict
        self.used: set[str] = set()

    def __call__(self, key: str) -> torch.Tensor:
        """Return a tensor."""
        self.used.add(key)
        return self.state_dict[key]

    def left(self) -> Iterator[str]:
        """Yield the keys that were not taken so far and are not left behind on purpose."""
        taken = frozenset(self.used)
        for key in self.state_dict:
            if key not in taken and key not in LEFT_BEHIND:
                yield key


def rename(key: str) -> str:
    """Give a source key its name in the target; the first pattern that matches its start decides."""
    for pattern, replacement in RENAMES:
        match = re.match(pattern, key, re.ASCII)
        if match:
            return match.expand(replacement) + key[match.end() :]
    return key


def remap(state_dict: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return the state_dict of the target; two sources of one key are an error."""
    result: dict[str, torch.Tensor] = {}
    for key, tensor in remapped(Take(state_dict)):
        if key in result:
            raise ValueError(f"two sources claim {key!r}")
        result[key] = tensor
    return result
