"""The table of mappings: each row of the target with what fills it, then what of the source is left over. The links, for eyes and ears that want rows."""

from collections.abc import Iterable, Sequence
from math import prod
from operator import itemgetter
from typing import Any, Literal, overload

import msgspec
import numpy as np
import numpy.typing as npt

from app.viewing.bonds import Bond
from app.viewing.hits import Finder, finder
from app.viewing.labels import Part, parts_of, path_text
from app.viewing.layout import View
from app.viewing.nodes import Numbers, Outline
from app.viewing.outlines import likes_of
from app.viewing.scene import Scene
from app.viewing.sieve import Sieve
from app.viewing.sizes import shape_text
from app.viewing.states import TONES

Column = Literal["target", "source", "op", "state", "keys", "shape", "confidence", "rule"]
SORTED_BY: tuple[Column, ...] = ("source", "op", "target", "shape", "keys", "state", "rule")
"""Columns by which a table can be sorted, as they stand."""


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One row, by numbers: a leaf of the target (0: none), its first source leaf (0: none), and what binds them."""

    target: int
    source: int
    state: str
    keys: int
    bond: Bond | None = None
    others: int = 0
    rule: int = -1


class Listed(msgspec.Struct, frozen=True):
    """One row as it is printed; `more` further source rows take part."""

    target: int
    source: int
    target_parts: tuple[Part, ...]
    source_parts: tuple[Part, ...]
    more: int
    op: str
    state: str
    tone: str
    keys: int
    shape: str
    source_shape: str
    confidence: str
    rule: int
    place: int


class Entries(Sequence[Entry]):
    """Rows as two columns, a leaf of the target and its first source leaf; a row is made when it is printed."""

    def __init__(self, scene: Scene, targets: Numbers, sources: Numbers) -> None:
        self.scene, self.targets, self.sources = scene, targets, sources

    def __len__(self) -> int:
        return len(self.targets)

    @overload
    def __getitem__(self, at: int) -> Entry: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Entry, ...]: ...
    def __getitem__(self, at: int | slice) -> Entry | tuple[Entry, ...]:
        if isinstance(at, slice):
            return tuple(self[place] for place in range(len(self))[at])
        target, source = int(self.targets[at]), int(self.sources[at])
        side: Literal["s", "t"] = "t" if target else "s"
        node, marks = self.scene.outline(side).nodes[target or source], self.scene.marks(side)
        bonds = self.scene.bonds.of_target[target] if target else ()
        rule = self.scene.rules[side].get(node.keys[0], -1)
        return Entry(target, source, marks.worst(node.id), len(node.keys), bonds[0] if bonds else None, max(0, len(bonds) - 1), rule)

    def chosen(self, places: Sequence[int] | npt.NDArray[np.intp]) -> "Entries":
        """Some of the rows."""
        return Entries(self.scene, self.targets[places], self.sources[places])

    def line(self, side: Literal["s", "t"], number: int) -> int | None:
        """The first row that has a leaf on one side."""
        found = np.flatnonzero((self.sources if side == "s" else self.targets) == number)
        return int(found[0]) if len(found) else None


def entries(scene: Scene) -> Entries:
    """All rows: the target in its order, then the source's rows that nothing takes."""
    targets, sources = scene.target_outline.firsts[0], scene.source_outline.firsts[0]
    left = np.setdiff1d(sources, scene.bonds.of_source.leaves, assume_unique=True)
    filled, at = np.unique(scene.bonds.of_target.leaves, return_index=True)
    beside = np.zeros(len(scene.target_outline), np.int32)
    beside[filled] = scene.bonds.of_target.others[at]
    none = np.zeros(len(left), np.int32)
    return Entries(scene, np.concatenate((targets, none)), np.concatenate((beside[targets], left)))


def narrowed(scene: Scene, listed: Entries, views: tuple[View, View]) -> Entries:
    """Rows that the filters of both sides keep: each filter asks its own end. Raises SearchError."""
    here = np.ones(len(listed), np.bool_)
    for side, ends, view in zip(("s", "t"), (listed.sources, listed.targets), views, strict=True):
        if view.filtered:
            sieve = Sieve(view.query, view.states, scene.tree(side), scene.known(side), likes_of(scene.tree(side)))
            here &= np.isin(ends, sieve.leaves(scene.outline(side), scene.marks(side)))
    return listed.chosen(np.flatnonzero(here))


def ordered(scene: Scene, listed: Entries, by: Column, *, falling: bool = False) -> Entries:
    """Sort rows; those that have nothing in the column stand last, either way."""
    values = list(_values(scene, listed, by))
    known = [(value, place) for place, value in enumerate(values) if value is not None]
    rest = [place for place, value in enumerate(values) if value is None]
    return listed.chosen([*(place for _, place in sorted(known, key=itemgetter(0), reverse=falling)), *rest])


def _values(scene: Scene, listed: Entries, by: Column) -> Iterable[Any]:
    """What a column says of each row; None for nothing."""
    ends = listed.targets.tolist(), listed.sources.tolist()
    match by:
        case "target" | "source":
            return (number or None for number in ends[0 if by == "target" else 1])
        case "op" | "confidence":
            first = scene.bonds.of_target.firsts(by)
            return (first.get(target) or None for target in ends[0])
        case "state" | "keys":
            told = [_of_leaves(scene, side, by) for side in ("t", "s")]
        case "shape" | "rule":
            told = [_of_first_keys(scene, side, by) for side in ("t", "s")]
    return (told[0][target] if target else told[1][source] for target, source in zip(*ends, strict=True))


def _of_leaves(scene: Scene, side: str, by: str) -> dict[int, Any]:
    """Of each leaf how urgent its state is, or how many keys it has."""
    leaves, first, keys = np.unique(scene.outline(side).leaves, return_index=True, return_counts=True)
    told = keys if by == "keys" or not len(first) else np.minimum.reduceat(scene.marks(side).codes, first)
    return dict(zip(leaves.tolist(), told.tolist(), strict=True))


def _of_first_keys(scene: Scene, side: str, by: str) -> dict[int, Any]:
    """Of each leaf the elements of its first tensor, or the rule that decides its first key."""
    outline, rules = scene.outline(side), scene.rules[side]
    leaves, first = outline.firsts
    keys = [outline.order[at] for at in first.tolist()]
    if by == "rule":
        return dict(zip(leaves.tolist(), map(rules.get, keys), strict=True))
    kinds = likes_of(scene.tree(side))
    sizes = [prod(shape) if shape is not None else 0 for shape, _, _ in kinds.kinds]
    return {leaf: sizes[kinds.of[key]] for leaf, key in zip(leaves.tolist(), keys, strict=True)}


def printed(scene: Scene, listed: Entries, first: int, count: int, queries: tuple[str, str] = ("", "")) -> tuple[Listed, ...]:
    """Write the rows of one window, hits of the filters of source and target marked."""
    find = finder(queries[0]), finder(queries[1])
    return tuple(_printed(scene, entry, first + place, find) for place, entry in enumerate(listed[first : first + count]))


def _printed(scene: Scene, entry: Entry, place: int, find: tuple[Finder | None, Finder | None]) -> Listed:
    bond = entry.bond
    return Listed(
        entry.target,
        entry.source,
        _path(scene.target_outline, entry.target, find[1]),
        _path(scene.source_outline, entry.source, find[0]),
        entry.others,
        bond.chip if bond else "",
        entry.state,
        TONES[entry.state],
        entry.keys,
        _shape(scene.target_outline, entry.target),
        _shape(scene.source_outline, entry.source),
        f"{bond.confidence:.2f}" if bond and bond.confidence is not None else "",
        entry.rule + 1,
        place + 1,
    )


def _path(outline: Outline, number: int, find: Finder | None) -> tuple[Part, ...]:
    if not number:
        return ()
    text = path_text(outline.nodes[number], outline)
    return tuple(parts_of(text, find(text) if find else ()))


def _shape(outline: Outline, number: int) -> str:
    info = outline.nodes[number].info if number else None
    return shape_text(info.shape) if info else ""
