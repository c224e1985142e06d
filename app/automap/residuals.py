"""Convolutions of a residual block, the norms that follow them, and the first convolution of all."""

import re
from collections import defaultdict
from collections.abc import Sequence
from math import prod

from app.automap.names import is_number, joined
from app.automap.units import Path, Unit, torch_shape
from app.automap.vocabulary import SHORTCUTS, STAGED, SYNONYMS


def name_convolutions(group: Sequence[Unit]) -> None:
    """Number the convolutions of a residual block and the norms that follow them; a shortcut has its own."""
    if not any(unit.kind == "conv" for unit in group):
        return
    _name_layers(group)
    _name_lettered(group)
    numbers = {_conv_number(unit.path[-1]) for unit in group}
    first = 0 if "0" in numbers | {_conv_number(unit.path[-2]) for unit in group if len(unit.local) > 1} else 1
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
            unit.role = f"after.conv{int(number) + 1 - first}"
        elif not normal and last in {"conv", "convolution"} and (number := _conv_number(holder)):
            unit.role = f"conv{int(number) + 1 - first}"
        elif normal and last[:-1] in {"bn", "norm"} and last[-1].isdigit() and last[-1] in numbers:
            unit.role = f"after.conv{int(last[-1]) + 1 - first}"
        elif not normal and (number := _conv_number(unit.path[-1])):
            unit.role = f"conv{int(number) + 1 - first}"


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
            and (_LETTER.fullmatch(unit.path[-2]) or (is_number(unit.path[-2]) and (len(unit.local) > 2 or unit.separator == "/")))
        ):
            layers[unit.path[:-2]].append(unit)
    for members in layers.values():
        convs = {_count(unit): unit for unit in members if unit.kind == "conv"}
        norms = {_count(unit): unit for unit in members if unit.kind in {"batchnorm", "vector"}}
        if len(convs) + len(norms) != len(members):
            continue
        if convs.keys() == norms.keys():
            _bridged(convs, norms)
            convs, norms = _from_zero(convs), _from_zero(norms)
        if len(convs) < 2 or sorted(convs) != list(range(len(convs))) or not norms.keys() <= convs.keys():
            continue
        for number, unit in convs.items():
            unit.role = f"conv{number + 1}"
        for number, unit in norms.items():
            unit.role = f"after.conv{number + 1}"


def _bridged(convs: dict[int, Unit], norms: dict[int, Unit]) -> None:
    """Name and take out layer 0 of four where it leads past the others (Keras): from what the first takes to what the last gives, point by point."""
    if 0 not in convs or len(convs) < 4 or convs[0].separator != "/":
        return
    shapes = {count: torch_shape(unit) for count, unit in convs.items()}
    if 1 in shapes and prod(shapes[0][2:]) == 1 and shapes[0][0] == shapes[max(shapes)][0] and shapes[0][1] == shapes[1][1]:
        convs.pop(0).role, norms.pop(0).role = "shortcut", "shortcut.norm"


def _from_zero(layers: dict[int, Unit]) -> dict[int, Unit]:
    """Return layers that count from 1 as if they counted from 0."""
    return layers if 0 in layers else {count - 1: unit for count, unit in layers.items()}


def _name_lettered(group: Sequence[Unit]) -> None:
    """Number what is lettered with its norm beside it: `a, a_bn, b, b_bn`; of what is left, one convolution and one norm bridge the block."""
    told: dict[tuple[str, bool], Unit] = {}
    for unit in group:
        own = unit.path[-2] if joined(unit.path[-1]) in {"bn", "norm"} and len(unit.local) > 1 else unit.path[-1]
        found = _LETTERED.fullmatch(joined(own))
        if found and not unit.role:
            told[found[1], unit.kind in {"batchnorm", "vector"}] = unit
    convs = sorted(letter for letter, normal in told if not normal)
    if len(convs) < 2 or "".join(convs) not in "abcd" or convs[0] != "a" or any(told[letter, False].kind != "conv" for letter in convs):
        return
    for (letter, normal), unit in told.items():
        unit.role = ("after." if normal else "") + f"conv{'abcd'.index(letter) + 1}"
    named = set(told.values())
    rest = [unit for unit in group if unit not in named and not unit.role]
    bridge, norm = ([unit for unit in rest if (unit.kind == "conv") == is_conv] for is_conv in (True, False))
    if len(bridge) == 1 >= len(norm):
        bridge[0].role = "shortcut"
        for unit in norm:
            unit.role = "shortcut.norm"


_LETTERED = re.compile(r"(?:branch2)?([a-d])(?:bn|norm)?")
"""How Caffe's residual networks, and pycls and PySlowFast after them, count the layers of a block."""

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
    shape = torch_shape(unit)
    return shape[1] == 3 and prod(shape[2:]) > 1
