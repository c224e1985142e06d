"""Lines of the aligned view as the page prints them: a row at the left, the wire, a row at the right."""

from collections.abc import Sequence

import msgspec

from app.viewing.aligned import Line
from app.viewing.layout import Layout
from app.viewing.rows import Part, Row, label_parts, row
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


def spine(scene: Scene, lines: Sequence[Line], layout: Layout, hit: str = "") -> tuple[Spine, ...]:
    """Make the printed lines of one window."""
    return tuple(_printed(scene, line, layout, hit) for line in lines)


def _printed(scene: Scene, line: Line, layout: Layout, hit: str) -> Spine:
    target = (
        row("t", scene.target_outline, scene.target, scene.target_marks, line.target, line.target in layout.opened, hit)
        if line.target is not None
        else None
    )
    source = None if line.source is None or line.again else _beside(scene, line, target)
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


def _beside(scene: Scene, line: Line, target: Row | None) -> Row:
    """The source's row: its label goes on from the one it stands under, indented as its partner is."""
    number = line.source or 0
    made = row("s", scene.source_outline, scene.source, scene.source_marks, number, opened=False)
    return msgspec.structs.replace(
        made, parts=_path_parts(scene, number, line.under), level=target.level if target else 1, opened=None, place=1, size=1
    )


def _path_parts(scene: Scene, number: int, under: int) -> tuple[Part, ...]:
    outline = scene.source_outline
    chain = [outline.node(number)]
    while chain[-1].parent > 0 and chain[-1].parent != under:
        chain.append(outline.node(chain[-1].parent))
    label = tuple(segment for node in reversed(chain) for segment in node.label)
    runs = tuple(run for node in reversed(chain) for run in node.runs)
    return tuple(label_parts(label, runs, outline.separator))


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
