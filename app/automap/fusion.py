"""Fused and stacked units taken apart, where the other side holds the parts: qkv, kv, gate and up, experts."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from app.automap.evidence import likeness
from app.automap.names import crowd
from app.automap.parameters import told_of
from app.automap.units import Axis, Part, Path, Shape, Unit

PIECES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "qkv": (("q", "k", "v"), ("q", "kv")),
    "kv": (("k", "v"),),
    "gate_up": (("gate", "up"),),
    "up_gate": (("up", "gate"),),
    "gqkv": (("ogate", "q", "k", "v"),),
    "qkvconv": (("qconv", "kconv", "vconv"),),
}
"""Fused role -> its parts, in the order in which the field stacks them; the finest division first."""

_PIECE_NAMES = frozenset(part for divisions in PIECES.values() for parts in divisions for part in parts)


UNNAMED: tuple[tuple[str, ...], ...] = (("q", "k", "v", "up"), ("q", "k", "v"), ("gate", "up"))
"""What a linear may be that no name says and nothing on the other side is as large as: blocks that widen beside their attention have all in one."""


def base(role: str) -> str:
    """Return a role without the kind of its attention."""
    return role.rpartition(".")[2] if role.startswith(("self.", "cross.")) else role


def take_apart(units: Sequence[Unit], others: Sequence[Unit]) -> list[Unit]:
    """Return the units of one side, each fused or stacked one replaced by atoms where the other side holds such."""
    lone = _unstacked(units, others)
    stays = _staying(lone, others)
    sizes = _part_sizes(others)
    unnamed = _Unnamed(lone, others)
    out: list[Unit] = []
    for unit in lone:
        fused = base(unit.role)
        divisions = PIECES.get(fused, ()) or unnamed.divisions(unit)
        if not divisions or unit in stays:
            out.append(unit)
            continue
        found = (split for parts in divisions if (split := _split(unit, parts, sizes.get(parts, ()))))
        out.extend(next(found, [unit]))
    return out


def _staying(units: Sequence[Unit], others: Sequence[Unit]) -> set[Unit]:
    """Return the fused units that the other side holds as they are; where it has fewer of them, those that are named most like its own."""
    theirs: dict[object, list[Unit]] = defaultdict(list)
    for other in others:
        if base(other.role) in PIECES:
            theirs[_fusion(other)].append(other)
    mine: dict[object, list[Unit]] = defaultdict(list)
    for unit in units:
        if _fusion(unit) in theirs:
            mine[_fusion(unit)].append(unit)
    out: set[Unit] = set()
    for kind, found in mine.items():
        alike = theirs[kind]
        near = {unit: max(likeness(unit.outer + unit.words, other.outer + other.words) for other in alike) for unit in found}
        out.update(sorted(found, key=lambda unit: -near[unit])[: len(alike)])
    return out


def _fusion(unit: Unit) -> object:
    return base(unit.role), unit.lengths, tuple(sorted(unit.main))


class _Unnamed:
    """Linears that nothing on the other side is as large as, in blocks that lack what they may hold."""

    def __init__(self, units: Sequence[Unit], others: Sequence[Unit]) -> None:
        self.large = {(tuple(sorted(unit.main)), unit.lengths) for unit in others}
        self.roles: dict[Path, set[str]] = defaultdict(set)
        for unit in units:
            self.roles[unit.block].add(base(unit.role))

    def divisions(self, unit: Unit) -> tuple[tuple[str, ...], ...]:
        """Return the parts that a unit may be made of; none where its name says what it is."""
        if unit.kind != "matrix" or unit.role not in {"", "up"} or not unit.block or (tuple(sorted(unit.main)), unit.lengths) in self.large:
            return ()
        known = self.roles[unit.block]
        return tuple(parts for parts in UNNAMED if not known & (set(parts) - {unit.role}))


def _part_sizes(others: Sequence[Unit]) -> dict[tuple[str, ...], list[tuple[Shape, ...]]]:
    """Return the shapes that the parts of a fused unit have on the other side, for each kind of fusion."""
    holders: dict[tuple[Path, str], dict[str, Shape]] = defaultdict(dict)
    for unit in others:
        role = base(unit.role)
        if role in _PIECE_NAMES and len(unit.main) > 1:
            holders[unit.path[:-1], unit.stream].setdefault(role, unit.main)
            if unit.block != unit.path[:-1]:
                holders[unit.block, unit.stream].setdefault(role, unit.main)
    out: dict[tuple[str, ...], list[tuple[Shape, ...]]] = defaultdict(list)
    for shapes in holders.values():
        for parts in (parts for divisions in (*PIECES.values(), UNNAMED) for parts in divisions):
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
    return part[1] * part[2] if len(part) == 3 and others == [part[0]] else None  # a kernel (in, heads, size)


def _atoms(unit: Unit, parts: tuple[str, ...], dim: int, lengths: Sequence[int]) -> list[Unit]:
    out, start = [], 0
    attention = unit.role.rpartition(".")[0]
    for name, length in zip(parts, lengths, strict=True):
        params = {}
        for param, shape in unit.params.items():
            along = cut_along(param, dim, len(shape))
            rows = _rows(shape[along], lengths, length, param) if shape else None
            if rows is not None:
                params[param] = (*shape[:along], rows, *shape[along + 1 :])
        stacked = unit.part.stacked if unit.part else 0
        atom = _derived(unit, Part(name, dim, start, length, stacked), params)
        atom.role = f"{attention}.{name}" if attention else name
        out.append(atom)
        start += length
    return out


def cut_along(param: str, dim: int, rank: int) -> int:
    """Return the dimension in which a parameter of a unit is cut whose weight is cut in `dim`: a bias has one only, a scale goes with its weight."""
    return dim if (param == "weight" or told_of(param)) and rank > 1 else 0


def _rows(size: int, lengths: Sequence[int], length: int, param: str) -> int | None:
    """Return how many rows of one parameter a part takes; a scale has one for many rows of its weight. None where it cannot be cut there."""
    block, rest = divmod(sum(lengths), size) if size else (0, 1)
    if rest or (block != 1 and not told_of(param)) or any(each % block for each in lengths):
        return None
    return length // block


def _derived(unit: Unit, part: Part, params: dict[str, Shape], axes: tuple[Axis, ...] | None = None) -> Unit:
    whole = unit.whole or unit
    made = Unit(unit.path, unit.axes if axes is None else axes, unit.spelt, params, unit.order, unit.separator, unit.source, whole, part)
    made.block, made.role, made.kind, made.words, made.outer = unit.block, unit.role, unit.kind, unit.words, unit.outer
    made.stream, made.beside = unit.stream, unit.beside
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
        stacked = unit.bare or any(crowd(part) for part in unit.path[-2:])
        if len(shape) == 3 and stacked and shape[0] in apart and _held_apart(shape[1:], apart[shape[0]]):
            axis = Axis(-1, tuple(str(index) for index in range(shape[0])), unit.path)
            params = {name: size[1:] for name, size in unit.params.items() if size and size[0] == shape[0]}
            unit = _derived(unit, Part("", stacked=shape[0]), params, (*unit.axes, axis))  # noqa: PLW2901
            unit.kind = "matrix"
        out.append(unit)
    return out


def _held_apart(rest: Shape, shapes: set[tuple[int, ...]]) -> bool:
    halves = [rest] + [tuple(size // 2 if at == axis else size for at, size in enumerate(rest)) for axis in range(len(rest))]
    return any(tuple(sorted(half)) in shapes for half in halves)
