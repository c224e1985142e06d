"""Rows: what the page prints for each visible node."""

from collections.abc import Iterable
from typing import Literal

import msgspec

from app.keys import KeyTree
from app.viewing.layout import Layout
from app.viewing.marks import Marks
from app.viewing.outline import Node, Outline
from app.viewing.sizes import ranges_text, shape_text
from app.viewing.states import NEEDS, TONES

Side = Literal["s", "t"]


class Part(msgspec.Struct, frozen=True):
    """A stretch of a label: plain, a folded `range`, or a `hit` of the filter."""

    text: str
    kind: Literal["", "range", "hit"] = ""


class Row(msgspec.Struct, frozen=True):
    """One line of a pane.

    id       -- `s-17`, `t-17`: made from the node's number, never from a key
    level    -- 1 at the top; place, size -- among its siblings, from 1
    opened   -- None for a leaf
    folded   -- "×12" for a run, the number of tensors below a module, empty for one tensor
    waiting  -- keys below that need a person, and how many keys there are
    share    -- eighths of the keys below that are loaded or used
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
    note: str = ""


def rows(side: Side, outline: Outline, tree: KeyTree, marks: Marks, layout: Layout, top: int, count: int, hit: str = "") -> tuple[Row, ...]:
    """Make the rows of one window."""
    return tuple(row(side, outline, tree, marks, number, number in layout.opened, hit) for number in layout.rows[top : top + count])


def row(side: Side, outline: Outline, tree: KeyTree, marks: Marks, number: int, opened: bool, hit: str = "") -> Row:
    """Make the row of one node."""
    node = outline.node(number)
    siblings = outline.nodes[node.parent].children
    totals, state = marks.totals[number], marks.worst[number]
    info = node.info
    return Row(
        id=f"{side}-{number}",
        side=side,
        node=number,
        level=node.depth + 1,
        place=siblings.index(number) + 1,
        size=len(siblings),
        parts=tuple(_marked(label_parts(node.label, node.runs, outline.separator), hit)),
        title=path_text(node, outline),
        opened=None if node.leaf else opened,
        folded=_folded(node),
        state=state,
        tone=TONES[state],
        mixed=len(totals) > 1,
        waiting=sum(totals.get(need, 0) for need in NEEDS),
        total=node.total,
        shape=shape_text(info.shape) if info else "",
        dtype=info.dtype if info else "",
        note=_class_of(node, tree),
    )


def path_text(node: Node, outline: Outline) -> str:
    """Write a node's whole path, runs as ranges."""
    chain = [node]
    while chain[-1].parent > 0:
        chain.append(outline.nodes[chain[-1].parent])
    return outline.separator.join(
        "".join(part.text for part in label_parts(piece.label, piece.runs, outline.separator)) for piece in reversed(chain)
    )


def label_parts(label: tuple[str | None, ...], runs: tuple[tuple[int, ...], ...], separator: str) -> list[Part]:
    """Write a label, runs as ranges in braces."""
    parts: list[Part] = []
    waiting = iter(runs)
    for place, segment in enumerate(label):
        if place:
            parts.append(Part(separator))
        parts.append(Part("{" + ranges_text(next(waiting)) + "}", "range") if segment is None else Part(segment or "∅"))
    merged: list[Part] = []
    for part in parts:
        if merged and merged[-1].kind == part.kind == "":
            merged[-1] = Part(merged[-1].text + part.text)
        else:
            merged.append(part)
    return merged


def _marked(parts: Iterable[Part], hit: str) -> Iterable[Part]:
    """Mark the first place of what was searched in each plain part."""
    for part in parts:
        at = part.text.casefold().find(hit) if hit and not part.kind else -1
        if at < 0:
            yield part
            continue
        stretches = (part.text[:at], part.text[at : at + len(hit)], part.text[at + len(hit) :])
        kinds: tuple[Literal["", "hit"], ...] = ("", "hit", "")
        yield from (Part(text, kind) for text, kind in zip(stretches, kinds, strict=True) if text)


def _folded(node: Node) -> str:
    if node.runs:
        return f"×{node.times}"
    return "" if node.leaf else str(node.leaves)


def _class_of(node: Node, tree: KeyTree) -> str:
    """Class of the module that a node is, where the model's definition told."""
    if node.leaf or not tree.modules or None in node.segments:
        return ""
    module = tree.modules.get(tree.separator.join(segment for segment in node.segments if segment is not None))
    return module.cls if module else ""
