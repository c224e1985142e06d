"""Renames as lists of patterns that a framework applies one after another to the running name, simulated exactly as it does."""

import re
from collections.abc import Callable, Mapping, Sequence

import msgspec

from app.dialects.dialect import LeftOver, Subject
from app.exporting.expressions import leftover_code
from app.exporting.names import plain_name
from app.mapping import Leaf, Reason

Pair = tuple[str, str]
Rename = Callable[[Sequence[Pair], str], str]


class Sequenced(msgspec.Struct, frozen=True):
    """Patterns in order, and what they do not reach."""

    pairs: tuple[Pair, ...]
    left: tuple[LeftOver, ...]


def sequenced(subject: Subject, rename: Rename, spell: Callable[[Pair], Pair | None]) -> Sequenced:
    """Write the renames of a transfer for a framework.

    rename -- what the framework does to a key
    spell  -- a row of the rename table in the framework's spelling; None where it has none

    First the table's rows, then one whole-key pattern for each plain rename that the rows get wrong; what is still wrong after
    that, computed, or filled from a source key that other targets need too, is left over.
    """
    transfer = subject.transfer
    plain: dict[str, str] = {}
    left: list[LeftOver] = []
    taken: set[str] = set()
    for target, recipe in transfer.assignments.items():
        if not isinstance(recipe, Leaf):
            left.append(LeftOver(target, Reason("dialect_computed"), leftover_code(recipe)))
        elif len(subject.sources) > 1:
            left.append(LeftOver(target, Reason("dialect_several_sources"), leftover_code(recipe)))
        elif recipe.key in taken:
            left.append(LeftOver(target, Reason("dialect_used_twice", {"key": recipe.key}), leftover_code(recipe)))
        else:
            taken.add(recipe.key)
            plain[plain_name(recipe.key)] = target
    rows = [pair for row in transfer.table.rows if (pair := spell(row)) is not None]
    wrong = [key for key, target in plain.items() if rename(rows, key) != target]
    singles = [pair for key in wrong if (pair := spell((re.escape(key) + r"\Z", plain[key].replace("\\", "\\\\")))) is not None]
    pairs = [*singles, *rows]
    left += [
        LeftOver(target, Reason("dialect_chained"), leftover_code(Leaf(key)))
        for key, target in plain.items()
        if rename(pairs, key) != target
    ]
    return Sequenced(tuple(_useful(pairs, plain, rename)), tuple(left))


def _useful(pairs: Sequence[Pair], plain: Mapping[str, str], rename: Rename) -> list[Pair]:
    """Drop patterns that no key needs."""
    return [pair for pair in pairs if any(rename([pair], key) != key for key in plain)]
