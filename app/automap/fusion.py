"""Fused and stacked units taken apart, where the other side holds the parts: qkv, kv, gate and up, experts."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from app.automap.units import Axis, Part, Path, Shape, Unit

PIECES: Mapping[str, tuple[str, ...]] = {"qkv": ("q", "k", "v"), "kv": ("k", "v"), "gate_up": ("gate", "up")}
"""Fused role -> its parts, in the order in which the field stacks them."""


def base(role: str) -> str:
    """Return a role without the kind of its attention."""
    return role.rpartition(".")[2] if role.startswith(("self.", "cross.")) else role


def take_apart(units: Sequence[Unit], others: Sequence[Unit]) -> list[Unit]:
    """Return the units of one side, each fused or stacked one replaced by atoms where the other side holds such."""
    lone = _unstacked(units, others)
    whole = {(base(unit.role), unit.lengths) for unit in others}
    sizes = _part_sizes(others)
    out: list[Unit] = []
    for unit in lone:
        fused = base(unit.role)
        parts = PIECES.get(fused)
        if parts is None or ((fused, unit.lengths) in whole and any(_alike(unit, other) for other in others if base(other.role) == fused)):
            out.append(unit)
            continue
        split = _split(unit, parts, sizes.get(parts, ()))
        out.extend(split or [unit])
    return out


def _alike(unit: Unit, other: Unit) -> bool:
    return sorted(unit.main) == sorted(other.main) and unit.lengths == other.lengths


def _part_sizes(others: Sequence[Unit]) -> dict[tuple[str, ...], list[tuple[Shape, ...]]]:
    """Return the shapes that the parts of a fused unit have on the other side, for each kind of fusion."""
    holders: dict[Path, dict[str, Shape]] = defaultdict(dict)
    for unit in others:
        role = base(unit.role)
        if role in {"q", "k", "v", "gate", "up"} and len(unit.main) > 1:
            holders[unit.path[:-1]].setdefault(role, unit.main)
    out: dict[tuple[str, ...], list[tuple[Shape, ...]]] = defaultdict(list)
    for shapes in holders.values():
        for parts in PIECES.values():
            if all(part in shapes for part in parts):
                found = tuple(shapes[part] for part in parts)
                if found not in out[parts]:
                    out[parts].append(found)
    return out


def _split(unit: Unit, parts: tuple[str, ...], sizes: Sequence[tuple[Shape, ...]]) -> list[Unit] | None:
    shape = unit.main
    for dim in (0, len(shape) - 1):
        rest = shape[:dim] + shape[dim + 1 :]
        for shapes in sizes:
            lengths = [_length(part, rest) for part in shapes]
            if None not in lengths and sum(length or 0 for length in lengths) == shape[dim]:
                return _atoms(unit, parts, dim, [length or 0 for length in lengths])
    return None


def _length(part: Shape, rest: Shape) -> int | None:
    """Return how many rows a part takes of a fused tensor whose other sizes are `rest`."""
    sizes = [size for size in part if size != 1]
    others = [size for size in rest if size != 1]
    for at, size in enumerate(sizes):
        if sizes[:at] + sizes[at + 1 :] == others:
            return size
    return None


def _atoms(unit: Unit, parts: tuple[str, ...], dim: int, lengths: Sequence[int]) -> list[Unit]:
    out, start = [], 0
    attention = unit.role.rpartition(".")[0]
    for name, length in zip(parts, lengths, strict=True):
        params = {}
        for param, shape in unit.params.items():
            along = dim if param == "weight" and len(shape) > 1 else 0
            if shape and shape[along] == sum(lengths):
                params[param] = (*shape[:along], length, *shape[along + 1 :])
        stacked = unit.part.stacked if unit.part else 0
        atom = _derived(unit, Part(name, dim, start, length, stacked), params)
        atom.role = f"{attention}.{name}" if attention else name
        out.append(atom)
        start += length
    return out


def _derived(unit: Unit, part: Part, params: dict[str, Shape], axes: tuple[Axis, ...] | None = None) -> Unit:
    whole = unit.whole or unit
    made = Unit(unit.path, unit.axes if axes is None else axes, unit.spelt, params, unit.order, unit.separator, unit.source, whole, part)
    made.block, made.role, made.kind, made.words, made.outer = unit.block, unit.role, unit.kind, unit.words, unit.outer
    return made


def _unstacked(units: Sequence[Unit], others: Sequence[Unit]) -> list[Unit]:
    """Give a tensor of all experts an axis of its own, where the other side holds them apart."""
    apart: dict[int, set[tuple[int, ...]]] = defaultdict(set)
    for other in others:
        if other.axes and other.kind in {"matrix", "conv"}:
            apart[other.lengths[-1]].add(tuple(sorted(other.main)))
    out = []
    for unit in units:
        shape = unit.main
        if len(shape) == 3 and unit.bare and shape[0] in apart and _held_apart(shape[1:], apart[shape[0]]):
            axis = Axis(-1, tuple(str(index) for index in range(shape[0])), unit.path)
            params = {name: size[1:] for name, size in unit.params.items() if size and size[0] == shape[0]}
            unit = _derived(unit, Part("", stacked=shape[0]), params, (*unit.axes, axis))  # noqa: PLW2901
            unit.kind = "matrix"
        out.append(unit)
    return out


def _held_apart(rest: Shape, shapes: set[tuple[int, ...]]) -> bool:
    halves = [rest] + [tuple(size // 2 if at == axis else size for at, size in enumerate(rest)) for axis in range(len(rest))]
    return any(tuple(sorted(half)) in shapes for half in halves)
