"""Two streams that one block computes side by side, the picture and the words; and what shifts and scales their norms."""

from collections.abc import Sequence

from app.automap.fusion import base
from app.automap.names import joined, words
from app.automap.projections import CONTEXT
from app.automap.units import Unit

_SHIFTS = frozenset({"mod", "modulation", "adaln", "ada", "modulate"})
_PARTS = (2, 3, 4, 6, 9)
"""Shift, scale and gate of one norm or of several."""


def name_modulation(group: Sequence[Unit]) -> None:
    """Name the linear that gives a block's norms their shift, scale and gate: `adaLN_modulation.1`, `norm1.linear`."""
    found = [unit for unit in group if not unit.role and unit.kind == "matrix" and _modulates(unit)]
    for unit in found:
        unit.role = "mod"


def _modulates(unit: Unit) -> bool:
    narrow, wide = sorted(unit.main)
    if not narrow or wide % narrow or wide // narrow not in _PARTS or "bias" not in unit.params:
        return False
    local = [word for segment in unit.local for word in words(segment)]
    if _SHIFTS & set(local) or any("adaln" in joined(segment) for segment in unit.local):
        return True
    return len(unit.local) > 1 and "norm" in words(unit.path[-2])[0] and joined(unit.path[-1]) in {"linear", "lin", "proj"}


def name_streams(group: Sequence[Unit]) -> None:
    """Tell the second stream of a block from the first, where both have what one attention needs."""
    marked = [unit for unit in group if CONTEXT & {word for segment in unit.local for word in words(segment)}]
    if not marked:
        return
    plain = {base(unit.role) for unit in group if unit.role and unit not in marked}
    if {base(unit.role) for unit in marked} & plain & {"q", "qkv", "out", "up"}:
        for unit in group:
            unit.stream = "context" if unit in marked else "main"
