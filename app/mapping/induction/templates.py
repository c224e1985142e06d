"""Keys with marks where something varies: the form in which pairs of families are compared and turned into patterns."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

Template: TypeAlias = tuple[str, ...]
"""Segments of a key in which marks stand for what varies."""

NUMBER = "\0"
"""Mark of an integer; texts that vary have the marks \\1, \\2, ..."""

GATHER = "\x1f"
"""Mark of the integer that a reference gathers over."""

_RUN = re.compile(r"(?<![0-9])(?:0|[1-9][0-9]{0,8})(?![0-9])", re.ASCII)
_WHOLE = re.compile(r"(?:0|[1-9][0-9]{0,8})\Z", re.ASCII)


def shallow(key: str, separator: str) -> tuple[Template, tuple[int, ...]]:
    """Mark segments that are integers."""
    segments = key.split(separator)
    numbers = []
    for at, segment in enumerate(segments):
        if segment and segment[0] in "0123456789" and _WHOLE.match(segment):
            numbers.append(int(segment))
            segments[at] = NUMBER
    return tuple(segments), tuple(numbers)


@lru_cache(maxsize=65_536)
def deepened(template: Template) -> tuple[Template, tuple[int | None, ...]]:
    """Mark the integers inside segments too; returns their values in order, None for those that were marked before."""
    out: list[str] = []
    numbers: list[int | None] = []
    for segment in template:
        if segment == NUMBER:
            numbers.append(None)
        else:
            numbers += [int(run) for run in _RUN.findall(segment)]
        out.append(_RUN.sub(NUMBER, segment))
    return tuple(out), tuple(numbers)


def interleaved(marked: Sequence[int | None], numbers: Sequence[int]) -> tuple[int, ...]:
    """Put the numbers of whole segments between those inside of segments."""
    left = iter(numbers)
    return tuple(next(left) if number is None else number for number in marked)


def count(template: Template) -> int:
    """How many integers a template marks."""
    return sum(segment.count(NUMBER) for segment in template)


def common_tail(first: Template, others: Sequence[Template]) -> int:
    """How many last segments all templates share."""
    shared = 0
    for at in range(1, 1 + min(len(first), *(len(other) for other in others))):
        if any(other[-at] != first[-at] for other in others) or GATHER in first[-at]:
            break
        shared = at
    return shared
