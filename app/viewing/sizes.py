"""Numbers as people read them: counts, bytes, shapes, ranges of indices."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

TIMES = " × "
_STEPS = ("", " K", " M", " B", " T")
_BYTES = ("B", "kB", "MB", "GB", "TB")


def count(number: int) -> str:
    """Write a count with thousands apart: 91,991."""
    return f"{number:,}"


def short_count(number: int) -> str:
    """Write a count in at most three digits: 86.6 M."""
    value = float(number)
    for step in _STEPS:
        if abs(value) < 999.5 or step == _STEPS[-1]:
            return f"{value:.3g}{step}" if step else str(number)
        value /= 1000
    return str(number)


def bytes_text(number: int) -> str:
    """Write a size in decimal units: 346 MB."""
    value = float(number)
    for step in _BYTES:
        if abs(value) < 999.5 or step == _BYTES[-1]:
            return f"{value:.3g} {step}" if step != "B" else f"{number} B"
        value /= 1000
    return str(number)


def shape_text(shape: Sequence[int] | None) -> str:
    """Write a shape: `768 × 3 × 16 × 16`; `scalar` has no sides, an unknown one is `?`."""
    if shape is None:
        return "?"
    return TIMES.join(str(side) for side in shape) if shape else "scalar"


def ranges_text(indices: Iterable[int]) -> str:
    """Write indices as ranges: `0–11`, `0–2, 5`; every n-th as `0, 2 … 22`."""
    numbers = sorted(set(indices))
    if len(numbers) > 3:
        step = numbers[1] - numbers[0]
        if step > 1 and all(b - a == step for a, b in pairwise(numbers)):
            return f"{numbers[0]}, {numbers[1]} … {numbers[-1]}"
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][-1] + 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    written = [str(part[0]) if len(part) == 1 else f"{part[0]}–{part[-1]}" for part in parts]
    return ", ".join(written if len(written) <= 4 else [*written[:3], "…", written[-1]])


def percent(part: float, whole: float) -> str:
    """Write a share with one digit after the point, never rounding up to 100 or down to 0."""
    if whole <= 0 or part >= whole:
        return "100"
    if part <= 0:
        return "0"
    return f"{min(99.9, max(0.1, 100 * part / whole)):.1f}"
