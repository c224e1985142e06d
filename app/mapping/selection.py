"""Which keys of a folded tree a rule's pattern takes, and what its placeholders stand for there."""

import re
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import TypeAlias

from app.mapping.arithmetic import LARGEST, compute, variables
from app.mapping.folds import HOLE, FoldedFamily, Row
from app.mapping.matching import JOINT, Matcher
from app.mapping.patterns import Hole, Kind, Literal, Part, Rest, Slot, Star

Fragment: TypeAlias = tuple[str, tuple[int, ...]]
"""How a placeholder is written for a row: a %-format, and the fields of the row that fill it."""

_INTEGER = re.compile(r"(?:0|[1-9][0-9]{0,8})\Z", re.ASCII)


class Matched:
    """Keys that a pattern takes, with a row of texts each; `fragments` writes a placeholder from a row.

    folded -- whether the keys are of one family and the rows their integers
    """

    def __init__(self, keys: list[str], rows: Sequence[Row], fragments: dict[str, Fragment], *, folded: bool = False) -> None:
        self.keys = keys
        self.rows = rows
        self.fragments = fragments
        self.folded = folded

    def column(self, name: str) -> list[str]:
        """Value of one placeholder for each key, as text; a rest has its segments joined by JOINT."""
        return _fill(self.fragments[name], self.rows)

    def kept(self, keep: Sequence[bool]) -> "Matched":
        """Only the keys that are to be kept."""
        return Matched(
            [key for key, wanted in zip(self.keys, keep, strict=True) if wanted],
            [row for row, wanted in zip(self.rows, keep, strict=True) if wanted],
            self.fragments,
            folded=self.folded,
        )

    def template(self, parts: tuple[Part, ...], separator: str) -> str | None:
        """Template of the keys that a pattern gives for these keys; None where they may have several."""
        if not self.folded:
            return None
        text = ""
        for part in parts:
            match part:
                case Literal(literal):
                    text += literal
                case Hole(name, _) | Rest(name):
                    form, fields = self.fragments[name]
                    text += (form % ((HOLE,) * len(fields))).replace(JOINT, separator)
                case _:
                    text += HOLE
        segments = text.split(separator)
        if any(HOLE in segment and segment != HOLE for segment in segments):
            return None
        return separator.join(HOLE if _INTEGER.match(segment) else segment for segment in segments)

    def write(self, parts: tuple[Part, ...], separator: str) -> list[str | None]:
        """Write a pattern for each key: None where a computed integer is none."""
        text = ""
        fields: list[int] = []
        slots: list[list[int | None]] = []
        width = len(self.rows[0]) if self.rows else 0
        for part in parts:
            match part:
                case Literal(literal):
                    text += literal.replace("%", "%%")
                case Hole(name, _) | Rest(name):
                    form, filled = self.fragments[name]
                    text += form.replace(JOINT, separator)
                    fields += filled
                case Slot():
                    text += "%s"
                    fields.append(width + len(slots))
                    slots.append(self.numbers(part))
                case Star():
                    return [None] * len(self.rows)
        if not slots:
            written = _fill((text, tuple(fields)), self.rows)
            return [key.replace(JOINT, separator) for key in written] if any(isinstance(part, Rest) for part in parts) else list(written)
        rows = [(*row, *map(str, numbers)) for row, numbers in zip(self.rows, zip(*slots, strict=True), strict=True)]
        keys = [key.replace(JOINT, separator) for key in _fill((text, tuple(fields)), rows)]
        valid = [all(number is not None and 0 <= number <= LARGEST for number in numbers) for numbers in zip(*slots, strict=True)]
        return [key if good else None for key, good in zip(keys, valid, strict=True)]

    def numbers(self, slot: Slot) -> list[int | None]:
        """Value of a formula for each key; None where it has none."""
        names = variables(slot.formula)
        columns = [self.column(name) for name in names]
        out: list[int | None] = []
        known: dict[tuple[str, ...], int | None] = {}
        for texts in zip(*columns, strict=True) if columns else [()] * len(self.rows):
            if texts not in known:
                whole = all(_INTEGER.match(text) for text in texts)
                known[texts] = compute(slot.formula, dict(zip(names, map(int, texts), strict=True))) if whole else None
            out.append(known[texts])
        return out


def _fill(fragment: Fragment, rows: Sequence[Row]) -> list[str]:
    text, fields = fragment
    if not fields:
        return [text % ()] * len(rows)
    if len(fields) == 1:
        at = fields[0]
        return [row[at] for row in rows] if text == "%s" else [text % row[at] for row in rows]
    if rows and fields == tuple(range(len(rows[0]))):
        return [text % row for row in rows]
    pick = itemgetter(*fields)
    return [text % pick(row) for row in rows]


class Selector:
    """One pattern, ready for families: segment by segment where it can be, key by key where it cannot."""

    def __init__(self, matcher: Matcher) -> None:
        self.matcher = matcher
        self.constant = matcher.constant
        self.segments, self.rest = _segments(matcher)
        self.count = len(self.segments) if self.segments is not None and self.rest is None else None
        self.glob = _glob(matcher)
        self.texts = _texts(matcher)

    def select(self, family: FoldedFamily) -> Matched | None:
        """Keys of a family that the pattern takes; None where there are none."""
        if self.glob is not None and not family.literal:
            return Matched(family.keys, family.rows, {}) if self.glob.fullmatch(family.template) else None
        if self.segments is None or family.literal:
            return self._by_key(family)
        if len(family.segments) < len(self.segments) + (self.rest is not None) or (
            self.rest is None and len(family.segments) > len(self.segments)
        ):
            return None
        return self._by_segment(family, self.segments)

    def _by_segment(self, family: FoldedFamily, segments: Sequence["_Segment"]) -> Matched | None:
        fragments: dict[str, Fragment] = {}
        checks: list[tuple[int, Callable[[str], bool]]] = []
        hole = 0
        for ours, theirs in zip(segments, family.segments, strict=False):
            if theirs is None:
                if ours.single is None and ours.text is None:
                    return self._by_key(family)
                if not ours.in_hole(hole, fragments, checks):
                    return None
                hole += 1
            elif not ours.in_text(theirs, fragments):
                return None
        if self.rest is not None:
            fragments[self.rest] = _tail(family.segments[len(segments) :], hole)
        if not checks:
            return Matched(family.keys, family.rows, fragments, folded=True)
        keep = [all(check(row[at]) for at, check in checks) for row in family.rows]
        return Matched(family.keys, family.rows, fragments, folded=True).kept(keep) if any(keep) else None

    def _by_key(self, family: FoldedFamily) -> Matched | None:
        if not family.literal and not all(text in family.template for text in self.texts):
            return None
        keys, rows = [], []
        names = [name for name, _ in self.matcher.fields]
        for key in family.keys:
            values = self.matcher.match(key)
            if values is not None:
                keys.append(key)
                rows.append(tuple(str(values[name]) for name in names))
        return Matched(keys, rows, {name: ("%s", (at,)) for at, name in enumerate(names)}) if keys else None


def _tail(segments: Sequence[str | None], hole: int) -> Fragment:
    text = JOINT.join("%s" if segment is None else segment.replace("%", "%%") for segment in segments)
    return text, tuple(range(hole, hole + sum(segment is None for segment in segments)))


def _texts(matcher: Matcher) -> list[str]:
    """Texts that stand in every key's template: without digits and braces they cannot reach into what a hole holds."""
    texts = [part.text for part in matcher.parts if isinstance(part, Literal)]
    return [text for text in texts if not any(char.isdigit() or char in HOLE for char in text)]


class _Segment:
    """What a pattern says of one segment."""

    def __init__(self, parts: list[Part], names: list[str], kinds: Mapping[str, Kind], separator: str) -> None:
        self.text = "".join(part.text for part in parts if isinstance(part, Literal)) if not names else None
        self.names = names
        self.single = names[0] if len(parts) == 1 and names else None
        self.kind = kinds.get(self.single, Kind(integer=True)) if self.single is not None else None
        self._matcher = Matcher(tuple(parts), separator, kinds) if self.text is None else None

    def in_hole(self, hole: int, fragments: dict[str, Fragment], checks: list[tuple[int, Callable[[str], bool]]]) -> bool:
        """Fit a segment that is an integer in every key."""
        if self.text is not None:
            if not _INTEGER.match(self.text):
                return False
            checks.append((hole, self.text.__eq__))
            return True
        if self.single is None or self.kind is None:
            return False
        fragments[self.single] = ("%s", (hole,))
        kind = self.kind
        if kind.ranges:
            checks.append((hole, lambda text: kind.admits(int(text))))
        elif kind.texts:
            checks.append((hole, frozenset(kind.texts).__contains__))
        return True

    def in_text(self, text: str, fragments: dict[str, Fragment]) -> bool:
        """Fit a segment that is the same in every key."""
        if self.text is not None:
            return self.text == text
        values = self._matcher.match(text) if self._matcher else None
        if values is None:
            return False
        own = (str(value) for value in values.values())
        for name, value in zip(self.names, own, strict=True):
            fragments[name] = (value.replace("%", "%%"), ())
        return True


def _segments(matcher: Matcher) -> tuple[list[_Segment] | None, str | None]:
    """Cut a pattern at separators; None where a star or an alternative reaches across them."""
    rest: str | None = None
    cut: list[list[tuple[Part, str | None]]] = [[]]
    slot = 0
    for part in matcher.parts:
        match part:
            case Literal(text):
                first, *more = text.split(matcher.separator)
                cut[-1].append((Literal(first), None))
                cut += [[(Literal(piece), None)] for piece in more]
            case Hole(name, _):
                if any(matcher.separator in text for text in matcher.kinds[name].texts):
                    return None, None
                cut[-1].append((part, name))
            case Slot():
                cut[-1].append((part, f"#{slot}"))
                slot += 1
            case Rest(name):
                if any(kept.text for kept, _ in cut[-1] if isinstance(kept, Literal)) or any(name for _, name in cut[-1]):
                    return None, None
                cut.pop()
                rest = name
            case _:
                return None, None
    out = []
    for pieces in cut:
        kept = [(piece, name) for piece, name in pieces if not (isinstance(piece, Literal) and not piece.text)]
        out.append(_Segment([piece for piece, _ in kept], [name for _, name in kept if name is not None], matcher.kinds, matcher.separator))
    return out, rest


def _glob(matcher: Matcher) -> "re.Pattern[str] | None":
    """Return the expression of a pattern of texts and stars that can be matched against templates: none of its texts touches a digit."""
    if not any(isinstance(part, Star) for part in matcher.parts):
        return None
    separator, parts = matcher.separator, matcher.parts
    for at, part in enumerate(parts):
        if isinstance(part, Literal):
            if any(char.isdigit() or char in HOLE for char in part.text):
                return None
            starts = at == 0 or part.text.startswith(separator) or not part.text[0].isdigit()
            if not starts:
                return None
        elif not isinstance(part, Star):
            return None
    return matcher.regex


class Chosen:
    """Patterns of several rules, in order, over one tree."""

    def __init__(self, rules: Sequence[tuple[int, Matcher]]) -> None:
        self._constants: dict[str, list[int]] = {}
        self._counted: dict[int, list[tuple[int, Selector]]] = {}
        self._open: list[tuple[int, Selector]] = []
        for index, matcher in rules:
            selector = Selector(matcher)
            if selector.constant is not None:
                self._constants.setdefault(selector.constant, []).append(index)
            elif selector.count is not None:
                self._counted.setdefault(selector.count, []).append((index, selector))
            else:
                self._open.append((index, selector))

    def of(self, family: FoldedFamily) -> list[tuple[int, Matched]]:
        """Return the rules that take keys of a family, in their order."""
        out = []
        for index, selector in (*self._counted.get(len(family.segments), ()), *self._open):
            matched = selector.select(family)
            if matched is not None:
                out.append((index, matched))
        if self._constants:
            few = len(self._constants) < len(family.keys)
            keys = [key for key in self._constants if key in family.members] if few else family.keys
            for key in keys:
                out += [(index, Matched([key], [()], {})) for index in self._constants.get(key, ())]
        if len(out) > 1:
            out.sort(key=itemgetter(0))
        return out
