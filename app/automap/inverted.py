"""Inverted residual blocks (MobileNet, EfficientNet): widen, convolve each channel by itself, narrow. Shapes tell the three, names need not."""

from collections.abc import Iterator, Sequence
from math import prod

from app.automap.names import is_number, joined
from app.automap.units import Unit, torch_shape

STEPS = ("mb.expand", "mb.dw", "mb.project")


def name_inverted(group: Sequence[Unit]) -> None:
    """Name the three convolutions of an inverted residual block and the batch norms that follow them."""
    norms = [unit for unit in group if unit.kind == "batchnorm"]
    convolutions = [unit for unit in group if unit.kind == "conv" and len(unit.main) == 4 and "bias" not in unit.params]
    deep = [unit for unit in convolutions if torch_shape(unit)[1] == 1 < torch_shape(unit)[0] and prod(torch_shape(unit)[2:]) > 1]
    if len(deep) != 1 or not norms or not all(_open(unit, deep[0]) for unit in convolutions):
        return
    steps = _steps(deep[0], convolutions)
    if steps is None:
        return
    for role, unit in steps.items():
        unit.role = role
    for role, norm in _followers(steps, norms):
        norm.role = role + ".norm"


def _open(unit: Unit, deep: Unit) -> bool:
    """Whether a convolution may be a step: what is called one of a feed-forward as well, where Keras has it beside the depthwise one (`expand`)."""
    if unit.role in {"up", "down"}:
        return unit.separator == "/" and unit.path[:-1] == deep.path[:-1]
    return unit.role in {"", "shortcut"} or unit.role.startswith("conv")


def _steps(deep: Unit, convolutions: Sequence[Unit]) -> dict[str, Unit] | None:
    """Return role -> convolution; None where shapes leave a choice."""
    width = torch_shape(deep)[0]
    points = [unit for unit in convolutions if prod(torch_shape(unit)[2:]) == 1]
    widening = [unit for unit in points if torch_shape(unit)[0] == width != torch_shape(unit)[1]]
    narrowing = [unit for unit in points if torch_shape(unit)[1] == width != torch_shape(unit)[0]]
    if len(narrowing) != 1 or len(widening) > 1 or len(points) != len(widening) + 1:
        return None
    found = (widening[0] if widening else None, deep, narrowing[0])
    return {role: unit for role, unit in zip(STEPS, found, strict=True) if unit is not None}


def _followers(steps: dict[str, Unit], norms: Sequence[Unit]) -> Iterator[tuple[str, Unit]]:
    """Yield role -> norm: inside the same module, behind it in a sequence, or numbered in the order of the steps."""
    numbered = [unit for unit in norms if joined(unit.path[-1])[:-1] in {"bn", "norm"} and joined(unit.path[-1])[-1].isdigit()]
    if len(numbered) == len(norms) == len(steps):
        yield from zip(steps, sorted(norms, key=lambda unit: joined(unit.path[-1])), strict=True)
        return
    found: dict[str, Unit] = {}
    for role, unit in steps.items():
        beside = [norm for norm in norms if norm.path[:-1] == unit.path[:-1]]
        behind = [norm for norm in beside if _number(norm) == _number(unit) + 1 > 0]
        name = joined(unit.path[-1])
        behind = behind or [norm for norm in beside if joined(norm.path[-1]).startswith(name.removesuffix("conv") or name)]  # `expand_BN`
        if len(behind or beside) == 1:
            found[role] = (behind or beside)[0]
    left = [norm for norm in norms if norm not in found.values()]
    if len(left) == 1 == len(steps) - len(found) and len({norm.path[:-1] for norm in norms}) == 1:  # `bn` of `dwconv`
        found[next(role for role in steps if role not in found)] = left[0]
    yield from found.items()


def _number(unit: Unit) -> int:
    return int(unit.path[-1]) if is_number(unit.path[-1]) else -1
