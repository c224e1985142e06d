"""Convolutions of a residual block, the norms that follow them, and the first convolution of all."""

from collections import defaultdict
from collections.abc import Sequence
from math import prod

from app.automap.names import is_number, joined
from app.automap.units import Path, Unit
from app.automap.vocabulary import SHORTCUTS, STAGED, SYNONYMS


def name_convolutions(group: Sequence[Unit]) -> None:
    """Number the convolutions of a residual block and the norms that follow them; a shortcut has its own."""
    if not any(unit.kind == "conv" for unit in group):
        return
    _name_layers(group)
    for unit in group:
        normal = unit.kind in {"batchnorm", "vector"}
        if unit.role and unit.role != "shortcut":
            continue
        holder = joined(unit.path[-2]) if len(unit.local) > 1 else ""
        last = joined(unit.path[-1])
        if holder in STAGED:
            unit.role = STAGED[holder] if unit.kind == "matrix" else ("after." if normal else "") + STAGED[holder]
            continue
        if last in SHORTCUTS or (holder in SHORTCUTS and (is_number(unit.path[-1]) or SYNONYMS.get(last) in {"norm", "conv"})):
            unit.role = "shortcut.norm" if normal else "shortcut"
        elif normal and _conv_number(holder) and last in {"norm", "bn"}:
            unit.role = "after.conv" + holder[-1]
        elif not normal and last in {"conv", "convolution"} and _conv_number(holder):
            unit.role = "conv" + holder[-1]
        elif (
            normal
            and last[:-1] in {"bn", "norm"}
            and last[-1].isdigit()
            and any(_conv_number(joined(other.path[-1])) == last[-1] for other in group)
        ):
            unit.role = "after.conv" + last[-1]
        elif not normal and _conv_number(last):
            unit.role = "conv" + last[-1]


def _name_layers(group: Sequence[Unit]) -> None:
    """Number the convolutions of a block whose layers are numbered containers: `layer.0.convolution` is what others call `conv1`."""
    layers: dict[Path, list[Unit]] = defaultdict(list)
    for unit in group:
        if not unit.role and len(unit.local) > 2 and is_number(unit.path[-2]):
            layers[unit.path[:-2]].append(unit)
    for members in layers.values():
        convs = {int(unit.path[-2]): unit for unit in members if unit.kind == "conv"}
        norms = {int(unit.path[-2]): unit for unit in members if unit.kind == "batchnorm"}
        if (
            len(convs) < 2
            or sorted(convs) != list(range(len(convs)))
            or not norms.keys() <= convs.keys()
            or len(members) != len(convs) + len(norms)
        ):
            continue
        for number, unit in convs.items():
            unit.role = f"conv{number + 1}"
        for number, unit in norms.items():
            unit.role = f"after.conv{number + 1}"


def _conv_number(name: str) -> str:
    """Return the digit of `conv1`, `cv1`, `convolution1`; "" where a name is none of these."""
    return name[-1] if name[:-1] in {"conv", "cv", "convolution"} and name[-1].isdigit() else ""


def sees_colours(unit: Unit) -> bool:
    """Whether a convolution takes three channels in, in either order of axes."""
    shape = unit.main
    if unit.weight_name in {"kernel", "depthwise_kernel"}:
        return shape[-2] == 3 and prod(shape[:-2]) > 1
    return shape[1] == 3 and prod(shape[2:]) > 1
