"""A tree folded for evaluation: families with the numbers of their members, so that a rule is matched once a family and not once a key."""

import re
from collections.abc import Iterable, Mapping
from functools import cached_property, lru_cache
from operator import itemgetter
from typing import TypeAlias

from app.keys import KeyTree, families

Row: TypeAlias = tuple[str, ...]
"""The integer segments of one key, as text."""

HOLE = "{}"
_SMALL = 300
_MANY = 96
"""Members of a family from which on a few stand for all."""
_DOZEN = 12
_FIRST = 3


class FoldedFamily:
    """Keys that are equal but for integer segments.

    segments -- of the template; None where a segment varies. A key that itself holds a brace is a family of its own, without holes
    """

    def __init__(self, template: str, keys: list[str], separator: str, *, literal: bool = False) -> None:
        self.template = template
        self.keys = keys
        self.separator = separator
        self.segments: tuple[str | None, ...] = tuple(
            None if segment == HOLE and not literal else segment for segment in template.split(separator)
        )
        self.literal = literal

    @cached_property
    def holes(self) -> tuple[int, ...]:
        """Positions of the segments that vary."""
        return tuple(at for at, segment in enumerate(self.segments) if segment is None)

    @cached_property
    def members(self) -> frozenset[str]:
        """Its keys, to ask whether one is among them."""
        return frozenset(self.keys)

    @cached_property
    def rows(self) -> list[Row]:
        """What stands in the holes, for each key."""
        holes, separator = self.holes, self.separator
        if not holes:
            return [()] * len(self.keys)
        if len(holes) == 1:
            at = holes[0]
            return [(key.split(separator)[at],) for key in self.keys]
        pick = itemgetter(*holes)
        return [pick(key.split(separator)) for key in self.keys]

    @cached_property
    def few(self) -> list[str]:
        """Members that stand for all: every key of a small family; of a large one those whose integers are among the first, middle and last."""
        return self._chosen(_MANY)

    @cached_property
    def fewest(self) -> list[str]:
        """The same of a family of a dozen or more: for a first look, whose outcome is tried on all."""
        return self._chosen(_DOZEN)

    def _chosen(self, most: int) -> list[str]:
        keys = self.keys
        if len(keys) <= most:
            return keys
        kept = [_kept(column) for column in zip(*self.rows, strict=True)]
        chosen = [
            key for key, row in zip(keys, self.rows, strict=True) if all(text in texts for text, texts in zip(row, kept, strict=True))
        ]
        return chosen if len(chosen) >= most // 8 else keys[:: max(1, len(keys) // most)]


def _kept(column: Iterable[str]) -> frozenset[str]:
    values = sorted(map(int, set(column)))
    middle = len(values) // 2
    return frozenset(str(value) for value in (*values[:_FIRST], values[middle], *values[-2:]))


class _Same:
    """A mapping by identity, as the key of a memory."""

    __slots__ = ("held",)

    def __init__(self, held: Mapping[str, object]) -> None:
        self.held = held

    def __hash__(self) -> int:
        return id(self.held)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.held is other.held


def fold_tree(tree: KeyTree) -> list[FoldedFamily]:
    """Fold the keys of a tree. Trees do not change, and a person's next edit evaluates the same ones: the last few are remembered."""
    if len(tree.tensors) < _SMALL:  # a part of a tree is looked at once; it must not drive the whole ones out
        return fold(tree.tensors, tree.separator)
    return _remembered(_Same(tree.tensors), tree.separator)


@lru_cache(maxsize=12)
def _remembered(same: _Same, separator: str) -> list[FoldedFamily]:
    return fold(same.held, separator)


def fold(keys: Iterable[str], separator: str) -> list[FoldedFamily]:
    """Fold keys into families, each listed where its first member stands."""
    listed = list(keys)
    if not listed:
        return []
    text = "\n".join(listed)
    if "{" in text or text.count("\n") != len(listed) - 1:
        return _fold_slowly(listed, separator)
    found: dict[str, list[str]] = {}
    for key, template in zip(listed, _templates(text, separator), strict=True):
        members = found.get(template)
        if members is None:
            found[template] = [key]
        else:
            members.append(key)
    return [FoldedFamily(template, members, separator) for template, members in found.items()]


def _templates(text: str, separator: str) -> list[str]:
    """Write the template of each line, in one pass over all."""
    mark = re.escape(separator)
    inner = re.compile(rf"{mark}(?:0|[1-9][0-9]{{0,8}})(?={mark}|\n|\Z)", re.ASCII)
    templates = inner.sub(separator + HOLE, text).split("\n")
    first = re.compile(rf"(?:0|[1-9][0-9]{{0,8}})(?={mark}|\Z)", re.ASCII)
    return [first.sub(HOLE, line, count=1) if line[:1].isdigit() and first.match(line) else line for line in templates]


def _fold_slowly(keys: list[str], separator: str) -> list[FoldedFamily]:
    out = [FoldedFamily(key, [key], separator, literal=True) for key in keys if "{" in key]
    rest = families((key for key in keys if "{" not in key), separator)
    return out + [FoldedFamily(template, [key for _, key in family.members], separator) for template, family in rest.items()]
