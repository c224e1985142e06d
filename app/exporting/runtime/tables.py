"""The place that the generated tables and `remapped` take in a script; here, a transfer of nothing to nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import torch

NESTING: dict[str, tuple[object, ...]] = {}
ODD_KEYS: dict[tuple[object, ...], str] = {}
SEPARATOR: str = "."
EXPECTED: dict[str, tuple[int, ...]] = {}
MAY_BE_MISSING: frozenset[str] = frozenset()
LEFT_BEHIND: frozenset[str] = frozenset()
FRESH: dict[str, tuple[str, dict[str, object]]] = {}
RENAMES: tuple[tuple[str, str], ...] = ()
MIN_COVERAGE: float = 0.0


def remapped(take: Callable[[str], torch.Tensor]) -> Iterator[tuple[str, torch.Tensor]]:  # noqa: ARG001 -- a script's own reads it
    """Yield each target key with its value, one after another."""
    yield from ()
