"""Assignments of a transfer folded into groups: recipes that are equal but for integers become one statement in a loop."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product

import msgspec

from app.exporting.numbers import Vector, fit, written
from app.mapping.outcomes import Leaf, Recipe
from app.mapping.plan import Arg

Parts = tuple[str, ...]
"""Text between the integers of a key; one more than there are integers."""

VARIABLES = "ijklmqrstuvwxyz"
"""Of loops; `n` counts in comprehensions, `p` stands for the last word of keys."""
_SEGMENT = re.compile(r"(?<![^./])(0|[1-9][0-9]{0,8})(?![^./])", re.ASCII)
_RUN = re.compile(r"(?<![0-9])(0|[1-9][0-9]{0,8})(?![0-9])", re.ASCII)


class Hole(msgspec.Struct, frozen=True):
    """An integer of a skeleton: the index into a member's integers."""

    index: int


class LeafShape(msgspec.Struct, frozen=True):
    """A source key without its integers."""

    source: str
    parts: Parts
    holes: tuple[Hole, ...]


class StepShape(msgspec.Struct, frozen=True):
    """An op without the integers of its inputs and arguments; `args` is a template of `Hole` and plain values."""

    op: str
    inputs: tuple["Shape", ...]
    args: tuple[tuple[str, object], ...]


class Run(msgspec.Struct, frozen=True):
    """Inputs that are alike but for counting integers: a comprehension over `count` members.

    body  -- the shape of each; its holes that count are listed in `steps`
    steps -- hole index -> step from one member to the next
    """

    body: "Shape"
    count: int
    steps: tuple[tuple[int, int], ...]


Shape = LeafShape | StepShape | Run


class Number(msgspec.Struct, frozen=True):
    """An integer as arithmetic over the loop variables."""

    slopes: Vector
    constant: int

    def text(self, names: Sequence[str]) -> str:
        """Write it with these variable names."""
        return written(self.slopes, self.constant, names)

    @property
    def fixed(self) -> bool:
        """Whether no variable occurs."""
        return not any(self.slopes)


class Domain(msgspec.Struct, frozen=True):
    """What the variables run over: a product of value lists, or a list of vectors where it is none."""

    axes: tuple[tuple[int, ...], ...] = ()
    rows: tuple[Vector, ...] = ()

    @property
    def width(self) -> int:
        """Count of variables."""
        return len(self.axes) if self.axes else len(self.rows[0]) if self.rows else 0


class Group(msgspec.Struct, frozen=True):
    """Target keys of one template that are filled by recipes of one shape.

    target  -- text of the target keys around their integers
    domain  -- values of the variables; the first ones are the target's integers, in order, those that vary
    places  -- the target's integers as arithmetic over the variables
    numbers -- the recipe's integers likewise, by hole
    first   -- a member's target key, to show
    """

    target: Parts
    places: tuple[Number, ...]
    domain: Domain
    shape: Shape
    numbers: tuple[Number, ...]
    first: str


Fold = Callable[[str], tuple[Parts, Vector]]


def folding(pattern: re.Pattern[str]) -> Fold:
    """Make a fold that takes the integers of `pattern` out of a key."""

    def fold(key: str) -> tuple[Parts, Vector]:
        pieces = pattern.split(key)
        return tuple(pieces[::2]), tuple(int(number) for number in pieces[1::2])

    return fold


by_segment = folding(_SEGMENT)
by_run = folding(_RUN)


def skeleton(recipe: Recipe, fold: Fold, numbers: list[int]) -> Shape:
    """Take the integers out of a recipe, in order, into `numbers`."""
    if isinstance(recipe, Leaf):
        parts, found = fold(recipe.key)
        holes = tuple(Hole(len(numbers) + index) for index in range(len(found)))
        numbers.extend(found)
        return LeafShape(recipe.source, parts, holes)
    inputs = _inputs(recipe.inputs, fold, numbers)
    args = tuple((name, _argument(value, numbers)) for name, value in recipe.args.items())
    return StepShape(recipe.op, inputs, args)


def _argument(value: Arg, numbers: list[int]) -> object:
    if isinstance(value, bool) or not isinstance(value, (int, list, dict)):
        return value
    if isinstance(value, int):
        numbers.append(value)
        return Hole(len(numbers) - 1)
    if isinstance(value, list):
        if len(value) > _LONG and all(type(item) is int for item in value):
            return tuple(value)
        return tuple(_argument(item, numbers) for item in value)
    return tuple(("key", key, _argument(item, numbers)) for key, item in sorted(value.items()))


_LONG = 8
_MIN_RUN = 3


def _inputs(inputs: tuple[Recipe, ...], fold: Fold, numbers: list[int]) -> tuple[Shape, ...]:
    """Take the integers out of inputs; a long run of alike ones becomes one `Run`."""
    apart = []
    for recipe in inputs:
        own: list[int] = []
        apart.append((skeleton(recipe, fold, own), own))
    first, base = apart[0] if apart else (None, [])
    if len(apart) >= _MIN_RUN and first is not None and all(shape == first for shape, _ in apart):
        steps = [later - earlier for earlier, later in zip(base, apart[1][1], strict=True)]
        counts = all(own == [start + step * turn for start, step in zip(base, steps, strict=True)] for turn, (_, own) in enumerate(apart))
        if counts and any(steps):
            offset = len(numbers)
            numbers.extend(base)
            varying = tuple((offset + index, step) for index, step in enumerate(steps) if step)
            return (Run(_shifted(first, offset), len(apart), varying),)
    shapes = []
    for shape, own in apart:
        shapes.append(_shifted(shape, len(numbers)))
        numbers.extend(own)
    return tuple(shapes)


def _shifted(shape: Shape, offset: int) -> Shape:
    """Move every hole of a shape."""
    if not offset:
        return shape
    match shape:
        case LeafShape(source, parts, holes):
            return LeafShape(source, parts, tuple(Hole(hole.index + offset) for hole in holes))
        case StepShape(op, inputs, args):
            moved = tuple((name, _shifted_argument(value, offset)) for name, value in args)
            return StepShape(op, tuple(_shifted(part, offset) for part in inputs), moved)
        case Run(body, count, steps):
            return Run(_shifted(body, offset), count, tuple((index + offset, step) for index, step in steps))


def _shifted_argument(value: object, offset: int) -> object:
    if isinstance(value, Hole):
        return Hole(value.index + offset)
    if isinstance(value, tuple):
        return tuple(_shifted_argument(item, offset) for item in value)
    return value


def grouped(assignments: Mapping[str, Recipe]) -> list[Group]:
    """Fold assignments, in the order of their first members.

    Whole segments are read as integers; digits inside segments (`block1`, `norm2`) too, where that joins several groups by plain
    arithmetic, or keys that would stand alone.
    """
    kept = _members(assignments, by_segment)
    sizes = {key: len(members) for members in kept.values() for _, _, key in members}
    groups: list[Group] = []
    taken: set[str] = set()
    for kind, members in _members(assignments, by_run).items():
        alone = all(sizes[key] == 1 for _, _, key in members)
        if len(members) < _WORTH_A_LOOP or sizes[members[0][2]] == len(members):
            continue
        group = _group(*kind, members)
        if alone or group.domain.axes:
            groups.append(group)
            taken.update(key for _, _, key in members)
    groups += [_group(*kind, members) for kind, members in kept.items() if members[0][2] not in taken]
    rank = {key: index for index, key in enumerate(assignments)}
    return sorted(groups, key=lambda group: rank[group.first])


_WORTH_A_LOOP = 3


def _members(assignments: Mapping[str, Recipe], fold: Fold) -> dict[tuple[Parts, Shape], list[tuple[Vector, Vector, str]]]:
    found: dict[tuple[Parts, Shape], list[tuple[Vector, Vector, str]]] = {}
    for key, recipe in assignments.items():
        parts, vector = fold(key)
        numbers: list[int] = []
        shape = skeleton(recipe, fold, numbers)
        found.setdefault((parts, shape), []).append((vector, tuple(numbers), key))
    return found


def _group(parts: Parts, shape: Shape, members: list[tuple[Vector, Vector, str]]) -> Group:
    """Express every integer over the fewest variables: those of the target that vary, then those that no arithmetic gives."""
    first = members[0][2]
    members = sorted(members)
    width = len(members[0][0])
    vectors = [vector for vector, _, _ in members]
    moving = [index for index in range(width) if len({vector[index] for vector in vectors}) > 1]
    rows: list[Vector] = [tuple(vector[index] for index in moving) for vector in vectors]
    fits: list[tuple[Vector, int] | None] = []
    extra: list[int] = []
    for hole in range(len(members[0][1])):
        values = [numbers[hole] for _, numbers, _ in members]
        fits.append(fit(rows, values))
        if fits[-1] is None:
            extra.append(hole)
    base = len(moving)
    if extra:
        rows = [(*row, *(numbers[hole] for hole in extra)) for row, (_, numbers, _) in zip(rows, members, strict=True)]
    total = base + len(extra)
    numbers = tuple(_number(found, total, base + extra.index(hole) if found is None else -1) for hole, found in enumerate(fits))
    places = tuple(
        Number(tuple(int(index == axis) for axis in moving) + (0,) * len(extra), 0 if index in moving else vectors[0][index])
        for index in range(width)
    )
    return Group(parts, places, domain_of(rows), shape, numbers, first)


def _number(found: tuple[Vector, int] | None, total: int, own: int) -> Number:
    if found is None:
        return Number(tuple(int(index == own) for index in range(total)), 0)
    slopes, constant = found
    return Number(slopes + (0,) * (total - len(slopes)), constant)


def domain_of(rows: Iterable[Vector]) -> Domain:
    """Find the product of value lists that the rows are, or keep the rows."""
    listed = list(rows)
    if not listed or not listed[0]:
        return Domain()
    axes = tuple(tuple(sorted({row[index] for row in listed})) for index in range(len(listed[0])))
    count = 1
    for axis in axes:
        count *= len(axis)
    if count == len(listed) and set(product(*axes)) == set(listed):
        return Domain(axes=axes)
    return Domain(rows=tuple(sorted(listed)))
