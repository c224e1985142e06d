"""Links between the rows of two panes, as the canvas draws them."""

from collections.abc import Iterable

import msgspec

from app.viewing.bonds import Bond, Bonds, Ends
from app.viewing.layout import Layout, nearest
from app.viewing.marks import Marks
from app.viewing.nodes import Outline
from app.viewing.states import SURE, TONES

MOST_OF_A_ROW = 160
"""Bonds of one row that are followed. A run that is folded on one side and apart on the other has thousands, most of them out of sight; those
in sight are found from their other end."""


class Link(msgspec.Struct, frozen=True, array_like=True):
    """One line between a source row and a target row, both by place in their layouts.

    count    -- target keys it stands for
    tone     -- of the target row's state, or `ask` for a proposal
    proposed -- drawn dashed
    """

    source: int
    target: int
    count: int
    tone: str
    chip: str
    proposed: bool
    confidence: float | None


class _Drawn(msgspec.Struct):
    count: int
    tone: str
    chip: str
    proposed: bool
    confidence: float | None


def links(
    source: Outline,
    target: Outline,
    bonds: Bonds,
    marks: Marks,
    layouts: tuple[Layout, Layout],
    windows: tuple[tuple[int, int], tuple[int, int]],
) -> tuple[Link, ...]:
    """Find the links with at least one end in a window; windows are (first line, number of lines) of source and target."""
    drawn: dict[tuple[int, int], _Drawn] = {}
    seen: set[tuple[int, int]] = set()
    for bond in (*_from(layouts[0], windows[0], bonds.of_source), *_from(layouts[1], windows[1], bonds.of_target)):
        if (bond.source, bond.target) in seen:
            continue
        seen.add((bond.source, bond.target))
        here, there = nearest(source, layouts[0], bond.source), nearest(target, layouts[1], bond.target)
        if here is None or there is None:
            continue
        _draw(drawn, (here, there), bond, "ask" if bond.proposed else TONES[marks.worst(bond.target)])
    return tuple(
        Link(here, there, line.count, line.tone, line.chip, line.proposed, _worth_saying(line.confidence))
        for (here, there), line in sorted(drawn.items())
    )


def _worth_saying(confidence: float | None) -> float | None:
    return confidence if confidence is not None and confidence < SURE else None


def _from(layout: Layout, window: tuple[int, int], bonds: Ends) -> Iterable[Bond]:
    """Bonds of what shows in a window: of leaves, and of everything below closed nodes; of each row no more than can be told apart."""
    first, count = window
    for number in layout.rows[first : first + count]:
        if number not in layout.opened:
            yield from bonds.below(number, MOST_OF_A_ROW)


def _draw(drawn: dict[tuple[int, int], _Drawn], ends: tuple[int, int], bond: Bond, tone: str) -> None:
    line = drawn.get(ends)
    if line is None:
        drawn[ends] = _Drawn(bond.count, tone, bond.chip, bond.proposed, bond.confidence)
        return
    line.count += bond.count
    line.chip = line.chip or bond.chip
    if tone != line.tone:
        line.tone = min(line.tone, tone, key=("bad", "ask", "graft", "rest", "idle").index)
    line.proposed = line.proposed or bond.proposed
    if bond.confidence is not None:
        line.confidence = bond.confidence if line.confidence is None else min(line.confidence, bond.confidence)
