"""The layout of a pane: which nodes stand one below the other, given what is open and what is asked for."""

from bisect import bisect_left, bisect_right
from collections.abc import Container, Iterable, Sequence
from typing import Literal

import msgspec
import numpy as np
import numpy.typing as npt

from app.keys import KeyTree
from app.viewing.marks import Marks
from app.viewing.nodes import Outline, over
from app.viewing.outlines import likes_of
from app.viewing.search import NOTHING, Known
from app.viewing.sieve import Sieve

FIRST_SIGHT = 44
"""Lines that open by themselves, about one screen."""


class View(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person did to a pane.

    expand  -- what is open before a toggle: what fits the first sight, everything, nothing
    toggled -- nodes whose state is the other one
    query   -- filter text
    states  -- only keys in one of these states; empty: all
    folded  -- whether equal siblings stand as one
    """

    expand: Literal["first", "all", "none"] = "first"
    toggled: frozenset[int] = frozenset()
    query: str = ""
    states: frozenset[str] = frozenset()
    folded: bool = True

    @property
    def filtered(self) -> bool:
        """Whether some keys may be left out."""
        return bool(self.query.strip() or self.states)


class Layout:
    """Visible nodes from top to bottom.

    rows   -- node numbers; they rise, since nodes are numbered as they are listed
    opened -- nodes whose children show
    found  -- leaves that the filter keeps; None without a filter
    """

    def __init__(self, rows: Sequence[int], opened: Container[int], found: int | None = None) -> None:
        self.rows = rows
        self.opened = opened
        self.found = found

    def line(self, number: int) -> int | None:
        """The line of a node; None where it does not show."""
        return line_in(self.rows, number)

    def __contains__(self, number: int) -> bool:
        return self.line(number) is not None

    def leaves(self, outline: Outline, number: int) -> list[int]:
        """Leaves below a node that show; a leaf stands for itself, whether it shows or not."""
        if outline.node(number).leaf:
            return [number]
        below = self.rows[bisect_right(self.rows, number) : bisect_right(self.rows, int(outline.ends[number]))]
        return [each for each in below if outline.node(each).leaf]


def line_in(rows: Sequence[int], number: int) -> int | None:
    """Where a number stands among rising ones; None where it does not."""
    at = bisect_left(rows, number)
    return at if at < len(rows) and rows[at] == number else None


NO_LAYOUT = Layout((), frozenset())
"""Of rows that stand alone."""


class _AllBut(Container[int]):
    """All nodes that have some below them, but a few."""

    def __init__(self, outline: Outline, closed: frozenset[int]) -> None:
        self._outline = outline
        self._closed = closed

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and number not in self._closed and bool(self._outline.ends[number] > number)


def first_open(outline: Outline) -> frozenset[int]:
    """Open nodes from the top, level by level, as long as all fits on one screen; single layers stay closed."""
    opened: set[int] = set()
    lines = len(outline.nodes[0].children)
    level = list(outline.nodes[0].children)
    while level:
        below: list[int] = []
        for number in level:
            node = outline.nodes[number]
            if not node.children or _one_layer(outline, number) or lines + len(node.children) > FIRST_SIGHT:
                continue
            lines += len(node.children)
            opened.add(number)
            below.extend(node.children)
        level = below
    return frozenset(opened)


def _one_layer(outline: Outline, number: int) -> bool:
    """Whether a module holds nothing but the tensors of one layer: weight, bias, running statistics."""
    return all(outline.nodes[child].leaf and len(outline.nodes[child].label) == 1 for child in outline.nodes[number].children)


def lay(outline: Outline, tree: KeyTree, marks: Marks, view: View, known: Known = NOTHING) -> Layout:
    """Lay out one pane. Raises SearchError for a query that cannot be read."""
    if view.filtered:
        found = Sieve(view.query, view.states, tree, known, likes_of(tree)).leaves(outline, marks)
        return Layout(_all_open(outline, view.toggled, over(outline, found)), _AllBut(outline, view.toggled), len(found))
    if view.expand == "all":
        return Layout(_all_open(outline, view.toggled), _AllBut(outline, view.toggled))
    toggled = frozenset(number for number in view.toggled if 0 < number < len(outline) and outline.ends[number] > number)
    opened = (first_open(outline) if view.expand == "first" else frozenset()) ^ toggled
    return Layout(_some_open(outline, opened), opened)


def _some_open(outline: Outline, opened: Container[int]) -> tuple[int, ...]:
    rows: list[int] = []
    waiting = list(reversed(outline.nodes[0].children))
    while waiting:
        number = waiting.pop()
        rows.append(number)
        if number in opened:
            waiting.extend(reversed(outline.nodes[number].children))
    return tuple(rows)


def _all_open(outline: Outline, closed: Iterable[int], shown: npt.NDArray[np.bool_] | None = None) -> Sequence[int]:
    """All nodes, or those that show, but what stands below some."""
    if shown is None and not closed:
        return range(1, len(outline))
    here = np.ones(len(outline), np.bool_) if shown is None else shown
    here[0] = False
    for number in closed:
        if 0 < number < len(outline):
            here[number + 1 : int(outline.ends[number]) + 1] = False
    return tuple(np.flatnonzero(here).tolist())


def nearest(outline: Outline, layout: Layout, number: int) -> int | None:
    """Line of a node, or of the nearest one above it that shows; None where a filter hides it."""
    while number > 0:
        line = layout.line(number)
        if line is not None:
            return line
        number = outline.nodes[number].parent
    return None
