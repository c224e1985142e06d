"""Names alone: equal names behind wrapper prefixes, and the longest common suffix with an equal shape; ambiguity is left open."""

from collections import Counter
from collections.abc import Mapping

Shape = tuple[int, ...] | None


def by_suffix(source: Mapping[str, Shape], target: Mapping[str, Shape], separators: tuple[str, str] = (".", ".")) -> dict[str, str]:
    """Return target key -> the one source key of equal shape that shares more trailing segments than any other.

    A source key that is the best of two target keys serves neither, unless its whole name is one of theirs.
    """
    index: dict[tuple[str, ...], list[str]] = {}
    for key in source:
        segments = tuple(key.split(separators[0]))
        for start in range(len(segments)):
            index.setdefault(segments[start:], []).append(key)
    found: dict[str, str] = {}
    for key, shape in target.items():
        best = _longest(tuple(key.split(separators[1])), shape, index, source)
        if best is not None:
            found[key] = best
    uses = Counter(found.values())
    return {key: best for key, best in found.items() if uses[best] == 1 or key == best}


def _longest(
    segments: tuple[str, ...], shape: Shape, index: Mapping[tuple[str, ...], list[str]], source: Mapping[str, Shape]
) -> str | None:
    for start in range(len(segments)):
        fitting = [key for key in index.get(segments[start:], ()) if source[key] == shape and shape is not None]
        if fitting:
            whole = [key for key in fitting if len(key) == min(map(len, fitting))]
            return fitting[0] if len(fitting) == 1 else whole[0] if start == 0 and len(whole) == 1 else None
    return None
