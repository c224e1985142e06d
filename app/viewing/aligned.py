"""The aligned view: the target in its order is the spine, and each row's partner stands on the same line at the left."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import overload

import msgspec
import numpy as np
import numpy.typing as npt

from app.viewing.bonds import Bonds, Ends
from app.viewing.layout import Layout, line_in
from app.viewing.marks import Marks
from app.viewing.nodes import Numbers, Outline, distinct, over
from app.viewing.states import TONES

MOSTLY = 0.5
"""Share of a source node's leaves that must go to a target row for the node to stand beside it."""
_FOLLOWED = 200
"""Targets of a node that are looked at for its line."""


class Line(msgspec.Struct, frozen=True):
    """One line of the aligned view.

    source   -- node at the left; None where nothing stands there
    under    -- source node shown on the nearest line above that this one's label continues; 0: none, write the whole path
    target   -- node at the right; None in the tray of what is left over
    again    -- the partner is the one of the line above: draw a branch
    apart    -- further source leaves that also take part
    """

    source: int | None
    target: int | None
    under: int = 0
    again: bool = False
    apart: int = 0
    count: int = 0
    tone: str = "idle"
    chip: str = ""
    proposed: bool = False
    confidence: float | None = None


class Lines(Sequence[Line]):
    """The partners beside the target's rows, and at the end what no target takes; a line is made when it is asked for.

    shown -- what a filter of the source keeps: then only rows that take some of it stay, those above them, and what is left over of it
    """

    def __init__(self, outlines: tuple[Outline, Outline], bonds: Bonds, marks: Marks, layout: Layout, shown: Layout | None = None) -> None:
        self._source, self._target = outlines
        self._bonds, self._others, self._marks = bonds.of_target, bonds.of_source, marks
        self.rows, self.tray = layout.rows, _tray(self._source, self._others)
        self._partners: dict[int, int | None] = {}
        if shown is not None:
            kept = _flags(len(self._source), np.array(shown.rows, np.int32))
            here = over(self._target, np.flatnonzero(_flags(len(self._target), self._others.others[kept[self._others.leaves]])))
            rows = np.array(self.rows, np.int32)
            self.rows = tuple(rows[here[rows]].tolist())
            self.tray = [number for number in self.tray if number in shown]

    def __len__(self) -> int:
        return len(self.rows) + len(self.tray)

    @overload
    def __getitem__(self, at: int) -> Line: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Line, ...]: ...
    def __getitem__(self, at: int | slice) -> Line | tuple[Line, ...]:
        if isinstance(at, slice):
            return tuple(self._line(place) for place in range(len(self))[at])
        return self._line(range(len(self))[at])

    def _line(self, place: int) -> Line:
        if place >= len(self.rows):
            return Line(self.tray[place - len(self.rows)], None)
        number = self.rows[place]
        tone = TONES[self._marks.worst(number)]
        taken = self._bonds.counted(number)
        if taken is None:
            return Line(None, number, tone=tone)
        here = self.partner(number)
        leaf = here is not None and self._source.nodes[here].leaf
        return Line(
            here,
            number,
            under=self._under(number, here),
            again=place > 0 and here is not None and here == self.partner(self.rows[place - 1]),
            apart=distinct(self._bonds.others_below(number)) - 1 if leaf else 0,
            count=taken.count,
            tone=tone,
            chip=taken.chip,
            proposed=taken.proposed,
            confidence=taken.confidence,
        )

    def partner(self, number: int) -> int | None:
        """The source node beside a target's: the lowest over all that it takes, if most of what that holds is among them."""
        if number not in self._partners:
            self._partners[number] = self._found(number)
        return self._partners[number]

    def _found(self, number: int) -> int | None:
        """A leaf also stands beside the first of several."""
        others = self._bonds.others_below(number)
        if not len(others):
            return None
        first, last = int(others.min()), int(others.max())
        common = self._source.common(first, last)
        if common and first != last and distinct(others) >= MOSTLY * self._source.nodes[common].leaves:
            return common
        return first if self._target.nodes[number].leaf else None

    def _under(self, number: int, here: int | None) -> int:
        """The partner of the nearest row above (in the tree) that has one, where this one's label goes on from it; else 0."""
        if here is None:
            return 0
        under = next((found for above in self._target.above(number) if (found := self.partner(above)) is not None), 0)
        return under if under in self._source.above(here) else 0

    def above(self, place: int) -> tuple[Line, ...]:
        """The lines that stand over one in the target's tree, outermost first."""
        if not 0 <= place < len(self.rows):
            return ()
        found = (line_in(self.rows, number) for number in reversed(self._target.above(self.rows[place])))
        return tuple(self[at] for at in found if at is not None)

    def of_target(self, number: int) -> int | None:
        """The line where a target's node stands, or what it is folded into."""
        return next((at for each in (number, *self._target.above(number)) if (at := line_in(self.rows, each)) is not None), None)

    def of_source(self, number: int) -> int | None:
        """The line where a source's node stands, or the first one below it, or what it is folded into."""
        standing = [*self._beside(number), *self._left(number)]
        last, above = int(self._source.ends[number]), set(self._source.above(number))
        for wanted in (range(number, number + 1), range(number + 1, last + 1), above):
            for node, at in standing:
                if node in wanted:
                    return at
        return None

    def _beside(self, number: int) -> Iterator[tuple[int, int]]:
        """What stands beside the targets that a source's node fills, and those above them, with its line."""
        taking = np.unique(self._others.others_below(number))[:_FOLLOWED].tolist()
        for row in sorted({row for leaf in taking for row in (leaf, *self._target.above(leaf))}):
            partner, at = self.partner(row), line_in(self.rows, row)
            if partner is not None and at is not None:
                yield partner, at

    def _left(self, number: int) -> Iterator[tuple[int, int]]:
        """What is left over of a source's node, or stands above it, with its line."""
        first = bisect_left(self.tray, number)
        for node in (*self.tray[first : first + 1], *self._source.above(number)):
            at = line_in(self.tray, node)
            if at is not None:
                yield node, len(self.rows) + at


def _flags(length: int, numbers: Numbers) -> npt.NDArray[np.bool_]:
    """Of each number whether it is among some."""
    found = np.zeros(length, np.bool_)
    found[numbers] = True
    return found


def _tray(source: Outline, bonds: Ends) -> list[int]:
    """Highest source nodes of which nothing is taken."""
    bare = ~over(source, bonds.leaves)
    found: list[int] = []
    last = 0
    for number in np.flatnonzero(bare[1:]).tolist():
        if number + 1 > last:
            found.append(number + 1)
            last = int(source.ends[number + 1])
    return found
