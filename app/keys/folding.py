"""Families: keys that are equal but for integer segments. 91,991 tensors of a DeepSeek-V3 are 43 of them."""

import re
from collections.abc import Iterable
from functools import lru_cache

import msgspec

_INTEGER = re.compile(r"(?:0|[1-9][0-9]{0,8})\Z", re.ASCII)
HOLE = "{}"


class Family(msgspec.Struct, frozen=True):
    """Keys of one template.

    template -- `layers.{}.attn.q_proj.weight`
    members  -- (integers in the holes, key), in listing order
    """

    template: str
    members: tuple[tuple[tuple[int, ...], str], ...]


@lru_cache(maxsize=65_536)
def is_index(segment: str) -> bool:
    """Whether a segment is an integer as patterns read it: ASCII digits, no leading zero, at most nine."""
    return _INTEGER.match(segment) is not None


def family_of(key: str, separator: str = ".") -> tuple[str, tuple[int, ...]]:
    """Template of a key, and the integers in its holes."""
    segments = key.split(separator)
    holes = [index for index, segment in enumerate(segments) if is_index(segment)]
    if not holes:
        return key, ()
    numbers = tuple(int(segments[index]) for index in holes)
    for index in holes:
        segments[index] = HOLE
    return separator.join(segments), numbers


def families(keys: Iterable[str], separator: str = ".") -> dict[str, Family]:
    """Fold keys into families, each listed where its first member stands."""
    found: dict[str, list[tuple[tuple[int, ...], str]]] = {}
    for key in keys:
        template, numbers = family_of(key, separator)
        found.setdefault(template, []).append((numbers, key))
    return {template: Family(template, tuple(members)) for template, members in found.items()}
