"""The order of computation as names tell it, for listings that tell nothing: embeddings, encoder, middle, decoder, head; integers within each."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

from app.automap.names import blank, descends, numbers, words
from app.automap.units import Unit

FLOW: Mapping[str, int] = {
    word: level
    for level, group in enumerate(
        (
            "stem embed embedding embeddings embedder preprocessor frontend patch macaron",
            "backbone encoder down downsample trunk spatial",
            "mid middle bottleneck channel",
            "neck decoder up upsample fpn",
            "head heads classifier predictor logits",
        )
    )
    for word in group.split()
}
"""Words of containers -> when they compute. `spatial` before `channel`: DaViT, timm and Florence-2 alike. `macaron`: a Conformer's first
feed-forward, in ESPnet and WeNet."""
_BETWEEN = 1.5
Step = tuple[float, str, tuple[int, ...]]


def flow(units: Sequence[Unit]) -> dict[Unit, tuple[int, int]]:
    """Return unit -> (rank, size) among those of one shape and role, where names alone put all of them in one order."""
    groups: dict[object, list[tuple[list[Step], Unit]]] = defaultdict(list)
    for unit in units:
        groups[unit.main, unit.role, unit.lengths, unit.kind, "bias" in unit.params].append((_steps(unit), unit))
    out = {}
    for group in groups.values():
        group.sort(key=lambda item: item[0])
        told = all(_told(before[0], after[0]) for before, after in pairwise(group))
        for rank, (_, unit) in enumerate(group):
            out[unit] = (rank, len(group)) if told else (0, 1)
    return out


def _steps(unit: Unit) -> list[Step]:
    steps = [(_level(segment), blank(segment), _counted(segment)) for segment in unit.path]
    if unit.kind == "matrix":  # the `up_proj` of a feed-forward is no decoder, and comes before its `down_proj`
        steps[-1] = (_BETWEEN, *steps[-1][1:])
    return steps


def _level(segment: str) -> float:
    return min((FLOW[word] for word in words(segment) if word in FLOW), default=_BETWEEN)


def _counted(segment: str) -> tuple[int, ...]:
    return tuple(-number for number in numbers(segment)) if descends(segment) else numbers(segment)


def _told(before: Sequence[Step], after: Sequence[Step]) -> bool:
    """Whether the first difference of two paths is one of time or of count, not only of words."""
    for (level, text, count), (other_level, other_text, other_count) in zip(before, after, strict=False):
        if level != other_level:
            return True
        if text != other_text:
            return False
        if count != other_count:
            return True
    return False
