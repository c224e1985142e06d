"""Ops that put the rows along one dimension into another order: rotary layouts, interleaved and grouped parts, rolls, given orders.

All of them lower to one kernel, `permute` of kind `rows`, in the words that the corpus of conversions uses: `view` + `dims` (rows read as a
grid of three, whose axes are exchanged), `deinterleave` (`groups` of `parts` become the parts, each with all groups), `roll`, `index`.
"""

from math import prod

from app.mapping.errors import OpError
from app.mapping.ops.op import Example, Op, Operands, Parameter
from app.mapping.ops.value import Value, axis, divided, step, words
from app.mapping.plan import Arg

DIM = Parameter("dim", "int", 0)


def rows(value: Value, dim: int, how: dict[str, Arg]) -> Value:
    """Make the kernel step; `how` holds one of the forms."""
    return step("permute", [value], value.shape, {"kind": "rows", "dim": dim, **how})


def regrid(value: Value, dim: int, view: tuple[int, ...], dims: tuple[int, ...], op: str) -> Value:
    """Read the rows as a grid of shape `view` (one size may be -1) and exchange its axes."""
    dim = axis(op, value, dim)
    size = value.shape[dim]
    known = prod(part for part in view if part != -1)
    if view.count(-1) > 1 or any(part < 1 for part in view if part != -1) or sorted(dims) != list(range(len(view))):
        raise OpError("op_view", op=op, view=str(list(view)), dims=str(list(dims)))
    if size % known or (-1 not in view and known != size):
        raise OpError("op_view_size", op=op, view=str(list(view)), size=size, dim=dim, shape=words(value.shape))
    full: list[Arg] = [size // known if part == -1 else part for part in view]
    if list(dims) == sorted(dims):
        return value
    return rows(value, dim, {"view": full, "dims": list(dims)})


def reorder(value: Value, dim: int, order: list[int], op: str = "take") -> Value:
    """Take rows in the given order; each may be named any number of times."""
    dim = axis(op, value, dim)
    size = value.shape[dim]
    if any(not 0 <= row < size for row in order):
        raise OpError(
            "op_index", op=op, index=next(row for row in order if not 0 <= row < size), size=size, dim=dim, shape=words(value.shape)
        )
    if order == list(range(size)):
        return value
    shape = (*value.shape[:dim], len(order), *value.shape[dim + 1 :])
    return step("permute", [value], shape, {"kind": "rows", "dim": dim, "index": list(order)})


def deinterleave(value: Value, dim: int, groups: int, parts: tuple[int, ...], op: str) -> Value:
    """Turn groups, each holding all parts, into parts, each holding all groups."""
    dim = axis(op, value, dim)
    size = value.shape[dim]
    if groups < 1 or any(part < 1 for part in parts) or groups * sum(parts) != size:
        raise OpError("op_groups", op=op, groups=groups, parts=str(list(parts)), size=size, dim=dim, shape=words(value.shape))
    if len(set(parts)) == 1:
        return regrid(value, dim, (groups, len(parts), parts[0]), (1, 0, 2), op)
    return rows(value, dim, {"deinterleave": {"groups": groups, "parts": list(parts)}})


def _permute_rows(operands: Operands) -> Value:
    view, dims = operands.integers("view"), operands.integers("dims")
    return regrid(operands.value, operands.integer("dim"), view, dims, operands.op)


def _part_sizes(operands: Operands, groups: int) -> tuple[int, ...]:
    """Sizes of the parts within a group: given, or a count of equal ones."""
    value, parts = operands.value, operands.integers("parts")
    if len(parts) > 1:
        return parts
    dim = axis(operands.op, value, operands.integer("dim"))
    each = divided(operands.op, value.shape[dim], groups * parts[0], dim, value)
    return (each,) * parts[0]


def _deinterleave(operands: Operands) -> Value:
    groups = operands.integer("groups")
    return deinterleave(operands.value, operands.integer("dim"), groups, _part_sizes(operands, groups), operands.op)


def _interleave(operands: Operands) -> Value:
    groups = operands.integer("groups")
    return interleaved(operands.value, operands.integer("dim"), groups, _part_sizes(operands, groups), operands.op)


def interleaved(value: Value, dim: int, groups: int, parts: tuple[int, ...], op: str) -> Value:
    """Undo `deinterleave`: parts, each with all groups, become groups, each with all parts."""
    dim = axis(op, value, dim)
    size = value.shape[dim]
    if groups < 1 or any(part < 1 for part in parts) or groups * sum(parts) != size:
        raise OpError("op_groups", op=op, groups=groups, parts=str(list(parts)), size=size, dim=dim, shape=words(value.shape))
    if len(set(parts)) == 1:
        return regrid(value, dim, (len(parts), groups, parts[0]), (1, 0, 2), op)
    starts = [groups * sum(parts[:at]) for at in range(len(parts))]
    order = [
        start + group * part + row for group in range(groups) for start, part in zip(starts, parts, strict=True) for row in range(part)
    ]
    return reorder(value, dim, order, op)


def _roll(operands: Operands) -> Value:
    dim = axis("roll", operands.value, operands.integer("dim"))
    size = operands.value.shape[dim]
    start = operands.integer("start") % size if size else 0
    return operands.value if start == 0 else rows(operands.value, dim, {"roll": start})


def _flip(operands: Operands) -> Value:
    value = operands.value
    dims = sorted({axis("flip", value, dim) for dim in operands.integers("dims")})
    return step("flip", [value], value.shape, {"dims": list(dims)}) if dims else value


def _take(operands: Operands) -> Value:
    return reorder(operands.value, operands.integer("dim"), list(operands.integers("index")))


ROWS = (
    Op(
        "permute_rows",
        "Read the rows along a dimension as a grid and exchange its axes; one size of the grid may be -1.",
        _permute_rows,
        Example('"q" = permute_rows("wq", view=[-1, 64, 2], dims=[0, 2, 1])', {"wq": (4096, 4096)}, (4096, 4096)),
        (Parameter("view", "sizes"), Parameter("dims", "ints"), DIM),
        inverse="permute_rows with the exchanged view",
        group="rows",
    ),
    Op(
        "deinterleave",
        "Turn `groups`, each holding all parts, into parts, each holding all groups; `parts` are sizes, or a count of equal ones.",
        _deinterleave,
        Example('"qkv" = deinterleave("qkv", groups=8, parts=[512, 128, 128])', {"qkv": (6144, 64)}, (6144, 64)),
        (Parameter("groups", "int"), Parameter("parts", "sizes"), DIM),
        inverse="interleave",
        group="rows",
    ),
    Op(
        "interleave",
        "Turn parts, each holding all groups, into `groups`, each holding all parts.",
        _interleave,
        Example('"gate_up" = interleave("gate_up", groups=8, parts=2)', {"gate_up": (32, 6)}, (32, 6)),
        (Parameter("groups", "int"), Parameter("parts", "sizes"), DIM),
        inverse="deinterleave",
        group="rows",
    ),
    Op(
        "roll",
        "Begin with row `start`; the rows before it come last.",
        _roll,
        Example('"adaLN" = roll("adaLN", start=768)', {"adaLN": (1536, 768)}, (1536, 768)),
        (Parameter("start", "int"), DIM),
        inverse="roll",
        group="rows",
    ),
    Op(
        "flip",
        "Put rows into the opposite order along dimensions.",
        _flip,
        Example('"conv1.weight" = flip("conv1.weight", dims=[1])', {"conv1.weight": (64, 3, 7, 7)}, (64, 3, 7, 7)),
        (Parameter("dims", "ints"),),
        inverse="flip",
        group="rows",
    ),
    Op(
        "take",
        "Take the rows with these numbers, in this order.",
        _take,
        Example('"fc.weight" = take("fc.weight", index=[2, 0, 1])', {"fc.weight": (3, 5)}, (3, 5)),
        (Parameter("index", "ints"), DIM),
        inverse="take with the inverse order, where each row is taken once",
        group="rows",
    ),
)
