"""The table of mappings: each row of the target with what fills it, then what of the source is left over. The links, for eyes and ears that want rows."""

from collections.abc import Sequence
from math import prod
from typing import Any, Literal, overload

import msgspec
import numpy as np
import numpy.typing as npt

from app.viewing.bonds import Bond
from app.viewing.deciding import NO_RULE, rules_of
from app.viewing.hits import Finder, finder
from app.viewing.labels import Part, parts_of, path_text
from app.viewing.layout import View
from app.viewing.nodes import Numbers, Outline
from app.viewing.outlines import likes_of
from app.viewing.scene import Scene
from app.viewing.sieve import Sieve
from app.viewing.sizes import shape_text
from app.viewing.states import TONES

_TABLES = 4
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


def table(scene: Scene, views: tuple[View, View], by: Column, *, falling: bool = False) -> Entries:
    """The rows that the filters of both sides keep, sorted; the last ones are kept with the scene: whoever scrolls asks for them again and again."""
    asked = views, by, falling
    known = scene.tables.get(asked)
    if known is None:
        if len(scene.tables) >= _TABLES:
            scene.tables.pop(next(iter(scene.tables)))
        found = ordered(scene, narrowed(scene, entries(scene), views), by, falling=falling)
        known = scene.tables[asked] = found.targets, found.sources
    return Entries(scene, *known)


def ordered(scene: Scene, listed: Entries, by: Column, *, falling: bool = False) -> Entries:
    """Sort rows; those that have nothing in the column stand last, either way."""
    values, nothing = _values(scene, listed, by)
    known, rest = np.flatnonzero(~nothing), np.flatnonzero(nothing)
    ranks = np.unique(values[known], return_inverse=True)[1] if len(known) else known
    return listed.chosen(np.concatenate((known[np.argsort(-ranks if falling else ranks, kind="stable")], rest)))


def _values(scene: Scene, listed: Entries, by: Column) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
    """What a column says of each row, and where it says nothing."""
    match by:
        case "target" | "source":
            numbers = listed.targets if by == "target" else listed.sources
            return numbers, numbers == 0
        case "op" | "confidence":
            first = scene.bonds.of_target.firsts(by)
            told = [first.get(target) or None for target in listed.targets.tolist()]
            nothing = np.array([each is None for each in told], np.bool_)
            return np.array(["" if each is None else each for each in told], object), nothing
    sides = [_of_leaves(scene, side, by) for side in ("t", "s")]
    values = np.where(listed.targets > 0, sides[0][listed.targets], sides[1][listed.sources])
    return values, values == NO_RULE if by == "rule" else np.zeros(len(values), np.bool_)


def _of_leaves(scene: Scene, side: str, by: str) -> npt.NDArray[Any]:
    """By number of a leaf: how urgent its state is, how many keys it has, the elements of its first tensor, the rule that decides its first key."""
    outline = scene.outline(side)
    leaves, first = outline.firsts
    match by:
        case "keys":
            told: npt.NDArray[Any] = np.diff(first, append=len(outline.order))
        case "state":
            told = np.minimum.reduceat(scene.marks(side).codes, first) if len(first) else first
        case "rule":
            told = rules_of(scene.rules[side], outline)[first]
        case _:
            kinds = likes_of(scene.tree(side))
            sizes = np.array([prod(shape) if shape is not None else 0 for shape, _, _ in kinds.kinds] or [0], np.float64)
            told = sizes[[kinds.of[outline.order[at]] for at in first.tolist()]]
    found = np.zeros(len(outline), told.dtype)
    found[leaves] = told
    return found


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
