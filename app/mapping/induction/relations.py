"""Integer relations between the two sides of a family pair: which integers are constant, and how the others follow from each other."""

from collections.abc import Sequence
from typing import TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

Rows: TypeAlias = npt.NDArray[np.int64]
"""Members x integers: those of the target key first, then those of the references and the op."""


class Linear(msgspec.Struct, frozen=True):
    """`constant + sum(slope * variable)`; without slopes a constant."""

    constant: int
    slopes: tuple[tuple[int, int], ...] = ()

    @property
    def bare(self) -> int | None:
        """The variable that it is, if it is one."""
        return self.slopes[0][0] if len(self.slopes) == 1 and self.slopes[0][1] == 1 and self.constant == 0 else None

    def text(self, names: Sequence[str]) -> str:
        """Write it as arithmetic over placeholders: positive terms first."""
        out = ""
        terms = sorted(self.slopes, key=lambda term: term[1] < 0)
        negative_first = bool(terms) and terms[0][1] < 0
        if negative_first and self.constant > 0:
            out = str(self.constant)
        for at, slope in terms:
            sign = "-" if slope < 0 else "+" if out else ""
            out += f"{sign}{names[at] if abs(slope) == 1 else f'{abs(slope)}*{names[at]}'}"
        if self.constant and not (negative_first and self.constant > 0):
            out += f"{self.constant:+d}" if out else str(self.constant)
        return out or "0"


class Relation(msgspec.Struct, frozen=True):
    """Every integer as a function of variables, each of which is itself one of the integers.

    columns -- for each integer of the rows
    values  -- for each variable, the values it takes, ascending
    """

    columns: tuple[Linear, ...]
    values: tuple[tuple[int, ...], ...]


def relate(rows: Rows, split: int) -> Relation | None:
    """Find a relation; None where none holds for all rows.

    split -- how many integers belong to the target key. Variables are integers of one side, so that each stands bare there.
    """
    varying = [at for at in range(rows.shape[1]) if rows[:, at].min() != rows[:, at].max()]
    left, right = [at for at in varying if at < split], [at for at in varying if at >= split]
    for variables, others in ((left, right), (_distinct(rows, right), left)):
        columns = _columns(rows, varying, variables, others)
        if columns is not None:
            values = tuple(tuple(int(value) for value in np.unique(rows[:, at])) for at in variables)
            return Relation(columns, values)
    return None


def _distinct(rows: Rows, columns: Sequence[int]) -> list[int]:
    """Columns but for those that equal an earlier one."""
    out: list[int] = []
    for at in columns:
        if not any(np.array_equal(rows[:, at], rows[:, before]) for before in out):
            out.append(at)
    return out


def _columns(rows: Rows, varying: Sequence[int], variables: Sequence[int], others: Sequence[int]) -> tuple[Linear, ...] | None:
    out: dict[int, Linear] = {at: Linear(0, ((number, 1),)) for number, at in enumerate(variables)}
    for at in (*others, *(column for column in varying if column not in variables and column not in others)):
        found = _linear(rows, at, variables)
        if found is None:
            return None
        out[at] = found
    return tuple(out.get(at) or Linear(int(rows[0, at])) for at in range(rows.shape[1]))


def _linear(rows: Rows, at: int, variables: Sequence[int]) -> Linear | None:
    column = rows[:, at]
    for number, variable in enumerate(variables):
        if np.array_equal(column, rows[:, variable]):
            return Linear(0, ((number, 1),))
    for number, variable in enumerate(variables):
        found = _single(column, rows[:, variable])
        if found is not None:
            return Linear(found[1], ((number, found[0]),))
    if len(variables) < 2:
        return None
    system = np.column_stack([rows[:, list(variables)], np.ones(len(rows), dtype=np.int64)]).astype(float)
    solution, _, rank, _ = np.linalg.lstsq(system, column.astype(float), rcond=None)
    if rank < system.shape[1]:
        return None
    whole = np.rint(solution).astype(np.int64)
    if not np.array_equal(rows[:, list(variables)] @ whole[:-1] + whole[-1], column):
        return None
    return Linear(int(whole[-1]), tuple((number, int(slope)) for number, slope in enumerate(whole[:-1]) if slope))


def _single(column: npt.NDArray[np.int64], variable: npt.NDArray[np.int64]) -> tuple[int, int] | None:
    """Slope and constant of a line through all points."""
    low, high = int(variable.argmin()), int(variable.argmax())
    run = int(variable[high] - variable[low])
    rise = int(column[high] - column[low])
    if run == 0 or rise % run or rise == 0:
        return None
    slope = rise // run
    constant = int(column[low]) - slope * int(variable[low])
    return (slope, constant) if np.array_equal(slope * variable + constant, column) else None


def parts(rows: Rows, split: int) -> list[npt.NDArray[np.int64]]:
    """Cut rows without a common relation into few sets that have one each: by the values of one integer, or into runs of one."""
    best: list[npt.NDArray[np.int64]] = []
    for at in range(rows.shape[1]):
        for cut in (_by_value(rows, at), _by_run(rows, at, split)):
            if len(cut) > 1 and (not best or len(cut) < len(best)) and all(relate(rows[part], split) is not None for part in cut):
                best = cut
    return best


def _by_value(rows: Rows, at: int) -> list[npt.NDArray[np.int64]]:
    values = np.unique(rows[:, at])
    return [np.flatnonzero(rows[:, at] == value) for value in values] if len(values) <= _MOST_PARTS else []


def _by_run(rows: Rows, at: int, split: int) -> list[npt.NDArray[np.int64]]:
    """Runs of ascending values of one integer, each as long as a relation holds; none where that takes too many."""
    order = np.argsort(rows[:, at], kind="stable")
    values, starts = np.unique(rows[order, at], return_index=True)
    ends = np.append(starts[1:], len(order))
    out: list[npt.NDArray[np.int64]] = []
    first = 0
    while first < len(values):
        if len(out) == _MOST_PARTS:
            return []
        last = _longest(rows, order, starts[first], ends[first:], split)
        out.append(order[starts[first] : ends[first + last]])
        first += last + 1
    return out


def _longest(rows: Rows, order: npt.NDArray[np.int64], start: int, ends: npt.NDArray[np.int64], split: int) -> int:
    """Index of the last end up to which a relation holds, by bisection: what holds for rows holds for fewer of them."""
    low, high = 0, len(ends) - 1
    while low < high:
        middle = (low + high + 1) // 2
        if relate(rows[order[start : ends[middle]]], split) is None:
            high = middle - 1
        else:
            low = middle
    return low


_MOST_PARTS = 12
