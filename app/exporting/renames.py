"""Plain renames as a short table of prefixes: what most keys of most transfers need, and nothing more."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

import msgspec

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


def _head(old: str, new: str, *, runs: bool) -> _Head:
    """Find the rule that turns `old` into `new` by its first segments; integers that both heads hold in the same order are kept.

    runs -- read digits inside segments (`norm1`, `stages_0`) as integers too
    """
    before, after = old.split("."), new.split(".")
    while before and after and before[-1] == after[-1]:
        before.pop()
        after.pop()
    if not before and not after:
        return _Head(("", ""), 0, counted=True)
    if len(before) == old.count(".") + 1 or len(after) == new.count(".") + 1:
        full = r"\.".join(re.escape(segment) for segment in old.split("."))
        return _Head((full + r"\Z", new.replace("\\", "\\\\")), len(old.split(".")), counted=False)
    integer = _RUNS if runs else _SEGMENTS
    numbers = integer.findall(".".join(before))
    counted = numbers == integer.findall(".".join(after))
    if not counted:
        pattern, replacement = re.escape(".".join(before)), ".".join(after).replace("\\", "\\\\")
    else:
        turn = iter(range(1, len(numbers) + 1))
        pattern = r"(\d+)".join(re.escape(text) for text in integer.split(".".join(before))[::2])
        replacement = integer.sub(lambda _: f"\\{next(turn)}", ".".join(after).replace("\\", "\\\\"))
    return _Head((pattern + (r"\." if before else ""), replacement + "." if after else ""), len(before), counted)


_SEGMENTS = re.compile(r"(?<![^.])(0|[1-9][0-9]{0,8})(?![^.])", re.ASCII)
_RUNS = re.compile(r"(?<![0-9])(0|[1-9][0-9]{0,8})(?![0-9])", re.ASCII)


def rename_table(pairs: Mapping[str, str], skipped: AbstractSet[str]) -> RenameTable:
    """Find few patterns that give source keys (`pairs`: source key -> target key) their names.

    `skipped` are the source keys that a script passes by. What the table would name wrongly is left to be written out.
    """
    tables = [_table(pairs, skipped, runs=runs) for runs in (False, True)]
    return max(tables, key=lambda table: (len(table.covers), -len(table.rows)))


def _table(pairs: Mapping[str, str], skipped: AbstractSet[str], *, runs: bool) -> RenameTable:
    heads = {old: _head(old, new, runs=runs) for old, new in pairs.items()}
    frequency = Counter(head.row for head in heads.values())
    loose = Counter(_shape(head.row) for head in dict.fromkeys(heads.values()) if not head.counted)
    kept = [head for head in dict.fromkeys(heads.values()) if head.length and (head.counted or loose[_shape(head.row)] <= _LITERAL_ROWS)]
    added = [head for head in dict.fromkeys(heads.values()) if not head.length and head.row != ("", "")]
    order = sorted(kept, key=lambda head: -head.length) + sorted(added, key=lambda head: -frequency[head.row])[:1]
    if added and frequency[added[0].row] < frequency[("", "")]:
        order = [head for head in order if head.length]
    compiled = _compiled(head.row for head in order)
    reached = _reached(compiled, pairs, skipped)
    deciding = {next((pattern.pattern for pattern, _ in compiled if pattern.match(old)), "") for old in reached}
    rows = tuple(head.row for head in order if head.row[0] in deciding)
    return RenameTable(rows, frozenset(pairs[old] for old in _reached(_compiled(rows), pairs, skipped)))


def _compiled(rows: Iterable[Row]) -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile(pattern, re.ASCII), replacement) for pattern, replacement in rows]


def _reached(compiled: Sequence[tuple[re.Pattern[str], str]], pairs: Mapping[str, str], skipped: AbstractSet[str]) -> list[str]:
    """List the source keys that get their right name."""
    return [old for old, new in pairs.items() if old not in skipped and rename(compiled, old) == new]


def _shape(row: Row) -> tuple[str, str]:
    """Return a row without its digits."""
    return re.sub(r"\d+", "#", row[0]), re.sub(r"\d+", "#", row[1])
