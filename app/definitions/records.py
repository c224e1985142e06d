"""Texts in which what belongs to one key stands on several lines: YAML, copied table cells, lines that a terminal broke."""

import re
from dataclasses import dataclass

from app.definitions.notation import SHAPE, dtype_of

_QUOTED = r"""(?P<quote>["'`]?)(?P<key>[^\s"'`,]+)(?P=quote)"""
_NAMED = re.compile(rf"(?i)(?:name|key|layer|param|parameter|tensor|path|variable)\s*[:=]\s*{_QUOTED},?\Z")
_HEADED = re.compile(rf"{_QUOTED}\s*:\Z")
_BARE = re.compile(rf"{_QUOTED}\Z")
_FACT = re.compile(r"(?i)(?P<what>shape|size|dims|dimensions|dtype|type|precision)\s*[:=]\s*(?P<value>.+?),?\Z")
_OTHER = re.compile(r"(?i)(?:requires_grad|trainable|numel|params?|elements|device|bytes|kind|count)\s*[:=]\s*\S+\Z")
_SHAPE = re.compile(rf"(?:{SHAPE})\Z")
_SIZE = re.compile(r"-\s+([0-9]+)\Z")
_ITEM = re.compile(r"-\s+(?=\S)")
_ANYWHERE = re.compile(SHAPE)
_NARROWEST = 40


@dataclass
class _Record:
    key: str = ""
    shape: str = ""
    dtype: str = ""
    sizes: tuple[str, ...] = ()

    def __str__(self) -> str:
        listed = f"[{', '.join(self.sizes)}]" if self.sizes else ""
        return f"{self.key} {self.shape or listed} {self.dtype}".rstrip()


def in_one_line(text: str) -> str:
    """Write what belongs to one key behind it, on one line; the text as it is where it is no such thing."""
    records = _records([line.strip() for line in text.splitlines() if line.strip()])
    return "\n".join(map(str, records)) if records else text


def _records(lines: list[str]) -> list[_Record]:
    """Records of key, shape and dtype; empty where a line is none of these, or where every line is a key."""
    records: list[_Record] = []
    facts = 0
    for written in lines:
        if written == "---":
            continue
        if (size := _SIZE.match(written)) and records and records[-1].key:
            records[-1].sizes += (size[1],)
            facts += 1
            continue
        begins = _ITEM.match(written)
        line = written[begins.end() :] if begins else written
        if begins or not records:
            records.append(_Record())
        taken = _taken(line, records)
        if taken is None:
            return []
        facts += taken
    return records if facts and all(record.key for record in records) else []


def _taken(line: str, records: list[_Record]) -> bool | None:
    """Put a line into the last record, or a new one where that has its key: whether it was a fact, None where it is nothing."""
    record = records[-1]
    if fact := _FACT.match(line):
        return _fact(record, fact["value"].strip("\"'"), as_shape=fact["what"].lower() in {"shape", "size", "dims", "dimensions"})
    if _OTHER.match(line):
        return True
    if _SHAPE.match(line):
        return _fact(record, line, as_shape=True)
    if record.key and not record.dtype and dtype_of(line) is not None:
        return _fact(record, line, as_shape=False)
    named = _NAMED.match(line) or _HEADED.match(line) or _BARE.match(line)
    if named is None:
        return None
    if record.key:
        records.append(_Record(named["key"]))
    else:
        record.key = named["key"]
    return False


def _fact(record: _Record, value: str, *, as_shape: bool) -> bool | None:
    if as_shape and not record.shape and _SHAPE.match(value):
        record.shape = value
    elif not as_shape and not record.dtype and dtype_of(value) is not None:
        record.dtype = value
    else:
        return None
    return True


def unbroken(text: str) -> str:
    """Join the lines that a terminal of fixed width broke; the text as it is where that cannot be told.

    It can where, as it stands, lines lack the shape that others have, and every line has one, its own, once the full ones are joined with the next.
    """
    lines = [line for line in text.split("\n") if line.strip()]
    width = max(map(len, lines), default=0)
    if width < _NARROWEST or all(map(_ANYWHERE.search, lines)):
        return text
    joined: list[str] = []
    for place, line in enumerate(lines):
        if place and len(lines[place - 1]) == width:
            joined[-1] += line
        else:
            joined.append(line)
    return "\n".join(joined) if len(joined) < len(lines) and all(len(_ANYWHERE.findall(line)) == 1 for line in joined) else text
