"""A few members of each large family, which tell what the others would."""

from collections.abc import Iterable

from app.keys import KeyTree
from app.mapping.folds import FoldedFamily, fold

_SMALL = 96
_FIRST = 3


def sample(target: KeyTree) -> list[str]:
    """Keys that stand for all: every key of a small family; of a large one those whose integers are among the first, middle and last."""
    out: list[str] = []
    for family in fold(target.tensors, target.separator):
        out += family.keys if len(family.keys) <= _SMALL else _members(family)
    return out


def _members(family: FoldedFamily) -> list[str]:
    kept = [_kept(column) for column in zip(*family.rows, strict=True)]
    chosen = [
        key for key, row in zip(family.keys, family.rows, strict=True) if all(text in texts for text, texts in zip(row, kept, strict=True))
    ]
    step = max(1, len(family.keys) // _SMALL)
    return chosen if len(chosen) >= _SMALL // 8 else family.keys[::step]


def _kept(column: Iterable[str]) -> frozenset[str]:
    values = sorted(map(int, set(column)))
    middle = len(values) // 2
    return frozenset(str(value) for value in (*values[:_FIRST], values[middle], *values[-2:]))
