"""Plain renames as a short table of prefixes: what most keys of most transfers need, and nothing more."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

import msgspec

from app.keys.folding import is_index

Row = tuple[str, str]
_LITERAL_ROWS = 3
"""Rows that change an integer are kept where so few suffice; a loop says more otherwise."""


class RenameTable(msgspec.Struct, frozen=True):
    """Patterns over the start of a key, the first match decides.

    rows   -- (regular expression, replacement)
    covers -- target keys that the table reaches from the right source key
    """

    rows: tuple[Row, ...] = ()
    covers: frozenset[str] = frozenset()


class _Head(msgspec.Struct, frozen=True):
    """How the first segments of a key change."""

    row: Row
    length: int
    counted: bool


def rename(rows: Iterable[tuple[re.Pattern[str], str]], key: str) -> str:
    """Give a key its new name, exactly as an exported script does."""
    for pattern, replacement in rows:
        match = pattern.match(key)
        if match:
            return match.expand(replacement) + key[match.end() :]
    return key


def _head(old: str, new: str) -> _Head:
    """Find the rule that turns `old` into `new` by its first segments; an integer that both heads hold in the same order is kept."""
    before, after = old.split("."), new.split(".")
    while before and after and before[-1] == after[-1]:
        before.pop()
        after.pop()
    if not before and not after:
        return _Head(("", ""), 0, counted=True)
    whole = len(before) == old.count(".") + 1 or len(after) == new.count(".") + 1
    end = r"\Z" if whole else r"\." if before else ""
    numbers = [segment for segment in before if is_index(segment)]
    counted = numbers == [segment for segment in after if is_index(segment)]
    pattern = r"\.".join(r"(\d+)" if counted and is_index(segment) else re.escape(segment) for segment in before)
    turn = iter(range(1, len(numbers) + 1))
    replacement = ".".join(f"\\{next(turn)}" if counted and is_index(segment) else segment.replace("\\", "\\\\") for segment in after)
    if whole:
        full = r"\.".join(re.escape(segment) for segment in old.split("."))
        return _Head((full + end, new.replace("\\", "\\\\")), len(old.split(".")), counted=False)
    return _Head((pattern + end, replacement + "." if after else ""), len(before), counted)


def rename_table(pairs: Mapping[str, str], skipped: AbstractSet[str]) -> RenameTable:
    """Find few patterns that give source keys (`pairs`: source key -> target key) their names.

    `skipped` are the source keys that a script passes by. What the table would name wrongly is left to be written out.
    """
    heads = {old: _head(old, new) for old, new in pairs.items()}
    frequency = Counter(head.row for head in heads.values())
    loose = Counter(_shape(head.row) for head in dict.fromkeys(heads.values()) if not head.counted)
    kept = [head for head in dict.fromkeys(heads.values()) if head.length and (head.counted or loose[_shape(head.row)] <= _LITERAL_ROWS)]
    added = [head for head in dict.fromkeys(heads.values()) if not head.length and head.row != ("", "")]
    order = sorted(kept, key=lambda head: -head.length) + sorted(added, key=lambda head: -frequency[head.row])[:1]
    if added and frequency[added[0].row] < frequency[("", "")]:
        order = [head for head in order if head.length]
    compiled = [(re.compile(head.row[0], re.ASCII), head.row[1]) for head in order]
    decided: Counter[str] = Counter()
    covers = set()
    for old, new in pairs.items():
        if old not in skipped and rename(compiled, old) == new:
            covers.add(new)
            decided.update([next((pattern.pattern for pattern, _ in compiled if pattern.match(old)), "")])
    rows = tuple(head.row for head in order if decided[head.row[0]])
    return RenameTable(rows, frozenset(covers))


def _shape(row: Row) -> tuple[str, str]:
    """Return a row without its digits."""
    return re.sub(r"\d+", "#", row[0]), re.sub(r"\d+", "#", row[1])
