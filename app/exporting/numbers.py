"""Integers of one family as arithmetic over loop variables: constants, `i`, `i + 1`, `11 - i`, `3 * i + j + 1`."""

from collections.abc import Sequence

Vector = tuple[int, ...]


def fit(vectors: Sequence[Vector], values: Sequence[int]) -> tuple[Vector, int] | None:
    """Find slopes and a constant with ``values[n] == slopes · vectors[n] + constant`` for all n, or None.

    Slopes are read off members that differ from the first in one variable only, which every full product of ranges has.
    """
    first, start = vectors[0], values[0]
    if all(value == start for value in values):
        return (0,) * len(first), start
    slopes = [0] * len(first)
    for vector, value in zip(vectors, values, strict=True):
        moved = [index for index, (now, then) in enumerate(zip(vector, first, strict=True)) if now != then]
        if len(moved) == 1 and slopes[moved[0]] == 0:
            step = vector[moved[0]] - first[moved[0]]
            if (value - start) % step:
                return None
            slopes[moved[0]] = (value - start) // step
    constant = start - _dot(slopes, first)
    fits = all(_dot(slopes, vector) + constant == value for vector, value in zip(vectors, values, strict=True))
    return (tuple(slopes), constant) if fits else None


def _dot(slopes: Sequence[int], vector: Vector) -> int:
    return sum(slope * number for slope, number in zip(slopes, vector, strict=True))


def written(slopes: Vector, constant: int, names: Sequence[str]) -> str:
    """Write the arithmetic as a formatter spaces it."""
    terms: list[tuple[bool, str]] = []
    for slope, name in sorted(zip(slopes, names, strict=True), key=lambda term: term[0] < 0):
        if slope:
            terms.append((slope < 0, name if abs(slope) == 1 else f"{abs(slope)} * {name}"))
    if constant and (not terms or not terms[0][0]):
        terms.append((constant < 0, str(abs(constant))))
    elif constant:
        terms.insert(0, (constant < 0, str(abs(constant))))
    if not terms:
        return "0"
    head, *rest = terms
    return ("-" if head[0] else "") + head[1] + "".join((" - " if minus else " + ") + term for minus, term in rest)
