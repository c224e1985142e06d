"""The aligned view: the target in its order is the spine, and each row's partner stands on the same line at the left."""

import msgspec

from app.viewing.bonds import Bond, Bonds
from app.viewing.layout import Layout
from app.viewing.marks import Marks
from app.viewing.outline import Outline
from app.viewing.states import TONES

MOSTLY = 0.5
"""Share of a source node's leaves that must go to a target row for the node to stand beside it."""


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


def align(source: Outline, target: Outline, bonds: Bonds, marks: Marks, layout: Layout) -> tuple[Line, ...]:
    """Lay the partners beside the target's rows; what no target takes stands at the end."""
    partner: dict[int, int] = {}
    lines: list[Line] = []
    last: int | None = None
    for number in layout.rows:
        taken = [bond for leaf in target.below(number) for bond in bonds.of_target.get(leaf.id, ())]
        line = _line(source, number, taken, marks, partner.get(_above(target, number, partner), 0), leaf=target.node(number).leaf)
        if line.source is not None:
            partner[number] = line.source
            if line.source == last:
                line = msgspec.structs.replace(line, again=True)
            last = line.source
        else:
            last = None
        lines.append(line)
    return (*lines, *_tray(source, bonds))


def _above(target: Outline, number: int, partner: dict[int, int]) -> int:
    """Nearest row above (in the tree) that has a partner."""
    for above in target.above(number):
        if above in partner:
            return above
    return 0


def _line(source: Outline, number: int, taken: list[Bond], marks: Marks, under: int, *, leaf: bool) -> Line:
    tone = TONES[marks.worst[number]]
    if not taken:
        return Line(None, number, tone=tone)
    here = _common(source, {bond.source for bond in taken}, leaf=leaf)
    first = taken[0]
    confidences = [bond.confidence for bond in taken if bond.confidence is not None]
    return Line(
        here,
        number,
        under=under if here is not None and under in source.above(here) else 0,
        apart=len({bond.source for bond in taken}) - 1 if here is not None and source.nodes[here].leaf else 0,
        count=sum(bond.count for bond in taken),
        tone=tone,
        chip=first.chip if len({bond.chip for bond in taken}) == 1 else "",
        proposed=any(bond.proposed for bond in taken),
        confidence=min(confidences, default=None),
    )


def _common(source: Outline, leaves: set[int], *, leaf: bool) -> int | None:
    """Lowest node over some leaves, if most of what it holds is among them; a leaf also stands beside the first of several."""
    first = min(leaves)
    if len(leaves) == 1:
        return first if leaf else None
    for above in source.above(first):
        inside = {leaf.id for leaf in source.below(above)}
        if leaves <= inside:
            return above if len(leaves) >= MOSTLY * len(inside) else (first if leaf else None)
    return first if leaf else None


def _tray(source: Outline, bonds: Bonds) -> list[Line]:
    """Highest source nodes of which nothing is taken."""
    lines: list[Line] = []
    waiting = list(reversed(source.nodes[0].children))
    while waiting:
        number = waiting.pop()
        if not any(leaf.id in bonds.of_source for leaf in source.below(number)):
            lines.append(Line(number, None))
        else:
            waiting.extend(reversed(source.nodes[number].children))
    return lines
