"""The layout of a pane: which nodes stand one below the other, given what is open and what is asked for."""

from typing import Literal

import msgspec

from app.keys import KeyTree
from app.viewing.marks import Marks
from app.viewing.outline import Outline
from app.viewing.search import matcher

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


class Layout(msgspec.Struct, frozen=True):
    """Visible nodes from top to bottom.

    rows   -- node numbers
    place  -- node number -> its line
    opened -- those of `rows` whose children show
    found  -- leaves that the filter keeps; None without a filter
    """

    rows: tuple[int, ...]
    place: dict[int, int]
    opened: frozenset[int]
    found: int | None = None


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


def lay(outline: Outline, tree: KeyTree, marks: Marks, view: View) -> Layout:
    """Lay out one pane. Raises SearchError for a query that cannot be read."""
    shown, found = _shown(outline, tree, marks, view)
    openness = first_open(outline) if shown is None and view.expand == "first" else frozenset()
    everything = shown is not None or view.expand == "all"
    rows: list[int] = []
    opened: set[int] = set()
    waiting = list(reversed(outline.nodes[0].children))
    while waiting:
        number = waiting.pop()
        if shown is not None and number not in shown:
            continue
        rows.append(number)
        children = outline.nodes[number].children
        if children and (everything or number in openness) != (number in view.toggled):
            opened.add(number)
            waiting.extend(reversed(children))
    return Layout(tuple(rows), {number: line for line, number in enumerate(rows)}, frozenset(opened), found)


def _shown(outline: Outline, tree: KeyTree, marks: Marks, view: View) -> tuple[set[int] | None, int | None]:
    """Nodes that a filter keeps, with everything above them."""
    if not view.filtered:
        return None, None
    matches = matcher(view.query, tree)
    shown: set[int] = set()
    found = 0
    for node in outline.nodes[1:]:
        if not node.keys or (view.states and not view.states & marks.totals[node.id].keys()):
            continue
        if matches is not None and not any(
            matches(key, tree.tensors[key]) and (not view.states or marks.states.get(key) in view.states) for key in node.keys
        ):
            continue
        found += 1
        number = node.id
        while number > 0 and number not in shown:
            shown.add(number)
            number = outline.nodes[number].parent
    return shown, found


def nearest(outline: Outline, layout: Layout, number: int) -> int | None:
    """Line of a node, or of the nearest one above it that shows; None where a filter hides it."""
    while number > 0:
        line = layout.place.get(number)
        if line is not None:
            return line
        number = outline.nodes[number].parent
    return None
