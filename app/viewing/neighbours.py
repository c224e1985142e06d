"""What stands beside a row, and where its neighbours come from: the context in which a decision is taken."""

import msgspec

from app.viewing.labels import path_text
from app.viewing.outlines import outline_of
from app.viewing.scene import Scene

AROUND = 3


class Neighbour(msgspec.Struct, frozen=True):
    """One row beside: its own path, its partner's, its state; `here` is the row itself."""

    path: str
    partner: str
    state: str
    here: bool = False


def neighbours(scene: Scene, number: int) -> tuple[Neighbour, ...]:
    """Up to three rows before and three after a row of the target's folded outline, below the same module. The scene must be folded."""
    outline = outline_of(scene.target)
    siblings = outline.nodes[outline.node(number).parent].children
    place = siblings.index(number)
    around = siblings[max(0, place - AROUND) : place + AROUND + 1]
    return tuple(
        Neighbour(path_text(outline.nodes[each], outline), scene.partner_text("t", each)[0], scene.target_marks.worst(each), each == number)
        for each in around
    )
