"""Convolutions of a residual block, the norms that follow them, and the first convolution of all."""

import re
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
    numbers = {_conv_number(unit.path[-1]) for unit in group}
    for unit in group:
        normal = unit.kind in {"batchnorm", "vector"}
        if unit.role and unit.role != "shortcut":
            continue
        holder = joined(unit.path[-2]) if len(unit.local) > 1 else ""
        last = joined(unit.path[-1])
        if holder in STAGED:
            unit.role = STAGED[holder] if unit.kind == "matrix" else ("after." if normal else "") + STAGED[holder]
        elif _bridges(unit):
            unit.role = "shortcut.norm" if normal else "shortcut"
        elif normal and last in {"norm", "bn"} and (number := _conv_number(holder)):
            unit.role = "after.conv" + number
        elif not normal and last in {"conv", "convolution"} and (number := _conv_number(holder)):
            unit.role = "conv" + number
        elif normal and last[:-1] in {"bn", "norm"} and last[-1].isdigit() and last[-1] in numbers:
            unit.role = "after.conv" + last[-1]
        elif not normal and (number := _conv_number(unit.path[-1])):
            unit.role = "conv" + number


def _bridges(unit: Unit) -> bool:
    """Whether a unit is, or is part of, what bridges a residual block: `shortcut`, `downsample.0`, `shortcut.conv.bn`."""
    at = next((at for at, part in enumerate(unit.local) if joined(part) in SHORTCUTS), None)
    return at is not None and all(is_number(part) or SYNONYMS.get(joined(part)) in {"norm", "conv"} for part in unit.local[at + 1 :])


def _name_layers(group: Sequence[Unit]) -> None:
    """Number the convolutions of a block whose layers are counted containers: `layer.0.convolution` or `a.conv` is what others call `conv1`."""
    layers: dict[Path, list[Unit]] = defaultdict(list)
    for unit in group:
        if (
            not unit.role
            and len(unit.local) > 1
            and (_LETTER.fullmatch(unit.path[-2]) or (is_number(unit.path[-2]) and len(unit.local) > 2))
        ):
            layers[unit.path[:-2]].append(unit)
    for members in layers.values():
        convs = {_count(unit): unit for unit in members if unit.kind == "conv"}
        norms = {_count(unit): unit for unit in members if unit.kind in {"batchnorm", "vector"}}
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


_LETTER = re.compile(r"[a-d]")
"""How Google's and Facebook's residual networks count the layers of a block."""


def _count(unit: Unit) -> int:
    """Return which layer a unit belongs to, from 0 on."""
    return int(unit.path[-2]) if is_number(unit.path[-2]) else "abcd".index(unit.path[-2])


_CONV = re.compile(r"(?:conv|cv|convolution)([0-9])(?:[0-9k]x[0-9k])?")


def _conv_number(name: str) -> str:
    """Return the digit of `conv1`, `cv1`, `conv1_1x1`; "" where a name is none of these."""
    found = _CONV.fullmatch(joined(name))
    return found[1] if found else ""


def sees_colours(unit: Unit) -> bool:
    """Whether a convolution takes three channels in, in either order of axes."""
    shape = unit.main
    if unit.weight_name in {"kernel", "depthwise_kernel"}:
        return shape[-2] == 3 and prod(shape[:-2]) > 1
    return shape[1] == 3 and prod(shape[2:]) > 1
