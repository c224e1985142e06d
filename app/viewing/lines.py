"""Lines of the aligned view as the page prints them: a row at the left, the wire, a row at the right."""

from collections.abc import Sequence

import msgspec

from app.viewing.aligned import Line
from app.viewing.hits import Finder
from app.viewing.layout import NO_LAYOUT, Layout
from app.viewing.rows import Row, RowMaker
from app.viewing.scene import Scene
from app.viewing.states import SURE


class Spine(msgspec.Struct, frozen=True):
    """One printed line.

    wire -- classes of the wire between the sides
    tray -- the first line of what is left over: a heading stands above its label
    """

    source: Row | None
    target: Row | None
    wire: str
    chip: str
    tone: str
    confidence: str = ""
    apart: int = 0
    left: bool = False


def spine(
    scene: Scene, lines: Sequence[Line], layout: Layout, find: Finder | None = None, find_source: Finder | None = None
) -> tuple[Spine, ...]:
    """Make the printed lines of one window; `layout` is the target's, hits of its filter and of the source's are marked."""
    made = RowMaker(scene, "s", NO_LAYOUT, find_source), RowMaker(scene, "t", layout, find)
    return tuple(_printed(line, *made) for line in lines)


def _printed(line: Line, sources: RowMaker, targets: RowMaker) -> Spine:
    target = targets.row(line.target) if line.target is not None else None
    source = None if line.source is None or line.again else _beside(line, target, sources)
    return Spine(
        source,
        target,
        _wire(line),
        line.chip if line.source is not None else "",
        line.tone,
        "" if line.confidence is None or line.confidence >= SURE or line.source is None else f"{line.confidence:.2f}",
        line.apart if line.source is not None else 0,
        left=line.target is None,
    )


def _beside(line: Line, target: Row | None, sources: RowMaker) -> Row:
    """The source's row: its label goes on from the one it stands under, indented as its partner is."""
    number = line.source or 0
    return msgspec.structs.replace(
        sources.row(number),
        parts=sources.path(number, line.under),
        level=target.level if target else 1,
        opened=None,
        place=1,
        size=1,
    )


def _wire(line: Line) -> str:
    if line.source is None:
        return "none"
    classes = [line.tone]
    if line.target is None:
        return "half idle"
    if line.proposed:
        classes.append("proposed")
    elif line.count > 12:
        classes.append("thick")
    if line.again:
        classes.append("again")
    return " ".join(classes)
