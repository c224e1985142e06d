"""Rivals: the ranked candidates of one target row, as lines of the source's pane."""

import msgspec

from app.viewing.cases import ranked
from app.viewing.layout import Layout, nearest
from app.viewing.scene import Scene

MOST = 7


class Rival(msgspec.Struct, frozen=True, array_like=True):
    """A line of the source, the number by which it is chosen, and how sure the mapper is."""

    line: int
    number: int
    confidence: float


def rivals(scene: Scene, number: int, layout: Layout) -> tuple[Rival, ...]:
    """Candidates of the first key of a row that waits; none where there is nothing to choose between."""
    key = next((key for key in scene.target_outline.keys(number) if key in scene.pending), None)
    claims = ranked(scene.pending.get(key)) if key else ()
    if len(claims) < 2:
        return ()
    found = []
    for place, (claim, confidence) in enumerate(claims[:MOST]):
        leaf = scene.source_outline.leaf_of.get(claim.sources[0]) if claim.sources else None
        line = nearest(scene.source_outline, layout, leaf) if leaf is not None else None
        if line is not None:
            found.append(Rival(line, place + 1, confidence))
    return tuple(found)
