"""Rows: what the page prints for each visible node."""

from bisect import bisect_left
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

import msgspec

from app.keys import KeyTree
from app.viewing.hits import Finder
from app.viewing.labels import Part, joined, marked, path_text
from app.viewing.layout import Layout
from app.viewing.nodes import Node
from app.viewing.sizes import bytes_text, shape_text, short_count
from app.viewing.states import NEEDS, TONES

if TYPE_CHECKING:
    from app.viewing.scene import Scene

Side = Literal["s", "t"]
_FOLLOWED = 200
"""Leaves below a row that are looked at for one that shows."""


_LEFT = frozenset({"unexpected", "ignored"})


class Row(msgspec.Struct, frozen=True):
    """One line of a pane.

    id       -- `s-17`, `t-17`: made from the node's number, never from a key
    level    -- 1 at the top; place, size -- among its siblings, from 1
    opened   -- None for a leaf
    folded   -- "×12" for a run, the number of tensors below a module, empty for one tensor
    waiting  -- keys below that need a person, and how many keys there are
    spare    -- keys of a source below that nothing takes, where others are taken: then it counts as used
    weight   -- parameters at and below, in three digits; nbytes -- the same in bytes
    partner  -- path of what it is bound to on the other side, in the free view; more -- how many others there are
    """

    id: str
    side: Side
    node: int
    level: int
    place: int
    size: int
    parts: tuple[Part, ...]
    title: str
    opened: bool | None
    folded: str
    state: str
    tone: str
    mixed: bool
    waiting: int
    total: int
    shape: str
    dtype: str
    weight: str
    nbytes: str
    note: str = ""
    partner: str = ""
    more: int = 0
    spare: int = 0


class RowMaker:
    """Makes the rows of one side of a scene, as a layout shows them; `find` marks the hits of the filter."""

    def __init__(self, scene: "Scene", side: Side, layout: Layout, find: Finder | None = None, *, partners: bool = False) -> None:
        self.scene = scene
        self.side: Side = side
        self.outline = scene.outline(side)
        self.layout = layout
        self._marks = scene.marks(side)
        self._weights = scene.weights(side)
        self._find = find
        self._partners = partners

    def window(self, top: int, count: int) -> tuple[Row, ...]:
        """The rows of one window."""
        return tuple(self.row(number) for number in self.layout.rows[top : top + count])

    def above(self, top: int) -> tuple[Row, ...]:
        """The rows that stand over the first of a window in the tree, outermost first."""
        if not 0 <= top < len(self.layout.rows):
            return ()
        return tuple(self.row(number) for number in reversed(self.outline.above(self.layout.rows[top])))

    def row(self, number: int) -> Row:
        """The row of one node."""
        node = self.outline.node(number)
        siblings = self.outline.nodes[node.parent].children
        totals, info = self._marks.totals(number), node.info
        state, spare = _told(totals, self._marks.worst(number))
        partner, more = self.scene.partner_text(self.side, number) if self._partners else ("", 0)
        return Row(
            id=f"{self.side}-{number}",
            side=self.side,
            node=number,
            level=node.depth + 1,
            place=bisect_left(siblings, number) + 1,  # numbers rise
            size=len(siblings),
            parts=marked(node, self.outline, self._find, self._example(node)),
            title=path_text(node, self.outline),
            opened=None if node.leaf else number in self.layout.opened,
            folded=_folded(node),
            state=state,
            tone=TONES[state],
            mixed=len(totals) > 1,
            waiting=sum(totals.get(need, 0) for need in NEEDS),
            total=node.total,
            shape=shape_text(info.shape) if info else "",
            dtype=info.dtype if info else "",
            weight=short_count(self._weights.parameters(number)),
            nbytes=bytes_text(self._weights.nbytes(number)),
            note=_class_of(node, self.scene.tree(self.side)),
            partner=partner,
            more=more,
            spare=spare,
        )

    def path(self, number: int, under: int) -> tuple[Part, ...]:
        """The label of a node that goes on from one above it; 0: its whole path."""
        chain = [self.outline.node(number)]
        while chain[-1].parent > 0 and chain[-1].parent != under:
            chain.append(self.outline.node(chain[-1].parent))
        key = self._example(chain[0])
        parts: list[Part] = []
        for node in reversed(chain):
            parts += [Part(self.outline.separator)] if parts else []
            parts += marked(node, self.outline, self._find, key)
        return tuple(joined(parts))

    def _example(self, node: Node) -> str:
        """A key at or below a node that the filter keeps: the one whose hits are marked."""
        if self._find is None:
            return ""
        first = ""
        for leaf, _ in zip(self.outline.below(node.id), range(_FOLLOWED), strict=False):
            first = first or leaf.keys[0]
            if leaf.id in self.layout:
                return next((key for key in leaf.keys[:_FOLLOWED] if self._find(key)), leaf.keys[0])
        return first


def _folded(node: Node) -> str:
    if node.runs:
        return f"×{node.times}"
    return "" if node.leaf else str(node.leaves)


def _told(totals: Mapping[str, int], worst: str) -> tuple[str, int]:
    """State of a row, and how many of its keys are left over: a module of which a part is taken is a module that is used."""
    if worst in _LEFT and "used" in totals:
        return "used", totals.get("unexpected", 0)
    return worst, 0


def _class_of(node: Node, tree: KeyTree) -> str:
    """Class of the module that a node is, where the model's definition told."""
    if node.leaf or not tree.modules or None in node.segments:
        return ""
    module = tree.modules.get(tree.separator.join(segment for segment in node.segments if segment is not None))
    return module.cls if module else ""
