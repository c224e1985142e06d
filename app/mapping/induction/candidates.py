"""Rules that could stand for many pairs: family pairs are laid together wherever marks, a shared tail or shared words make them look alike."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial

import msgspec
import numpy as np

from app.mapping.errors import PlanError
from app.mapping.induction.pairs import FamilyPair
from app.mapping.induction.relations import Linear, Relation, Rows, parts, relate
from app.mapping.induction.templates import GATHER, NUMBER, Template, common_tail, count, deepened
from app.mapping.patterns import INTEGER_NAMES, escape
from app.mapping.plan import Bind, Call, Expr, Ref
from app.mapping.validation import check_rule

NAMES = ("i", "j", "k", "l", "m", "n")
_TEXT_MARKS = "\x01\x02\x03\x04\x05\x06\x07\x08"
_TEXT_NAMES = ("a", "b", "c", "d", "f", "g", "h", "o")
_DEEPEST_REST = 6
_MANY = 1_500


class Form(msgspec.Struct, frozen=True):
    """What pairs have in common under one way of marking.

    texts -- how many words are marked
    rest  -- whether a shared tail is left out of the templates
    """

    skeleton: str
    target: Template
    sides: tuple[tuple[str, Template, bool], ...]
    texts: int
    rest: bool


class Separators(msgspec.Struct, frozen=True):
    """What stands between segments: in the target, and in each source."""

    target: str
    sources: dict[str, str]


class Entry(msgspec.Struct, frozen=True):
    """One family pair under a form: its integers, its marked words, its tail."""

    pair: FamilyPair
    rows: Rows
    texts: tuple[str, ...]
    tail: Template


class Candidate:
    """A rule with the keys that it was made from; written when it is looked at, which few ever are.

    vague -- how much it leaves open; the less the better among equals
    """

    def __init__(self, keys: tuple[str, ...], vague: int, write: Callable[[bool], Bind | None]) -> None:
        self.keys = keys
        self.vague = vague
        self._write = write

    @cached_property
    def rule(self) -> Bind | None:
        """The rule; None where the language cannot say it."""
        return self._write(False)

    @cached_property
    def tight(self) -> Bind | None:
        """The same rule with its placeholders held to what they were seen to be; None where that changes nothing."""
        held = self._write(True)
        return held if held != self.rule else None


def forms(pairs: Sequence[FamilyPair]) -> dict[Form, list[Entry]]:
    """Lay family pairs together under every form that they can take."""
    out: dict[Form, list[Entry]] = {}
    for pair in pairs:
        rows = _rows(pair)
        for form, entry in _marked(pair, rows, plain=len(pairs) > _MANY):
            out.setdefault(form, []).append(entry)
    return out


def _rows(pair: FamilyPair) -> Rows:
    return np.array([own + others for own, others, _ in pair.members], dtype=np.int64).reshape(len(pair.members), -1)


def _marked(pair: FamilyPair, rows: Rows, *, plain: bool) -> Iterator[tuple[Form, Entry]]:
    templates = [side.template for side in pair.sides]
    longest = min(common_tail(pair.target, templates), _DEEPEST_REST)
    for length in range(longest + 1):
        tail = pair.target[len(pair.target) - length :]
        kept = _without_tail(pair, rows, tail)
        if kept is None:
            return
        target = pair.target[: len(pair.target) - length]
        sides = [template[: len(template) - length] for template in templates]
        yield from _worded(pair, target, sides, kept, tail)
        if plain:
            continue
        deep = _deepened(target, sides, kept)
        if deep is not None:
            yield from _worded(pair, *deep, tail)


def _without_tail(pair: FamilyPair, rows: Rows, tail: Template) -> Rows | None:
    """Leave the integers of a tail out; None where they differ between the two sides."""
    holes = count(tail)
    if not holes:
        return rows
    own = count(pair.target)
    gone = list(range(own - holes, own))
    at = own
    for side in pair.sides:
        at += count(side.template)
        last = list(range(at - holes, at))
        if not np.array_equal(rows[:, last], rows[:, own - holes : own]):
            return None
        gone += last
    return np.delete(rows, gone, axis=1)


def _deepened(target: Template, sides: Sequence[Template], rows: Rows) -> tuple[Template, list[Template], Rows] | None:
    """Mark the integers inside segments as well."""
    read = [deepened(template) for template in (target, *sides)]
    if all(number is None for _, numbers in read for number in numbers):
        return None
    columns, at = [], 0
    for _, numbers in read:
        for number in numbers:
            if number is None:
                columns.append(rows[:, at])
                at += 1
            else:
                columns.append(np.full(len(rows), number, dtype=np.int64))
    columns += [rows[:, place] for place in range(at, rows.shape[1])]
    return read[0][0], [template for template, _ in read[1:]], np.column_stack(columns)


def _worded(pair: FamilyPair, target: Template, sides: Sequence[Template], rows: Rows, tail: Template) -> Iterator[tuple[Form, Entry]]:
    """Leave the words as they are; mark one that both sides share; mark all of them."""
    words = [word for word in dict.fromkeys(target) if _shared(word, target, sides)]
    piece = None if tail else _shared_end(target, sides)
    choices: list[tuple[str, ...]] = [(), *((word,) for word in words)]
    if len(words) > 1:
        choices.append(tuple(words))
    for chosen in choices:
        yield _form(pair, target, sides, rows, tail, words=chosen)
    if piece is not None:
        for chosen in ((), tuple(words)):
            if piece not in chosen:
                yield _form(pair, target, sides, rows, tail, words=chosen, piece=piece)


def _shared(word: str, target: Template, sides: Sequence[Template]) -> bool:
    if NUMBER in word or GATHER in word or not word:
        return False
    return target.count(word) == 1 and all(side.count(word) == 1 for side in sides)


def _shared_end(target: Template, sides: Sequence[Template]) -> str | None:
    """Return the target's last word where each source key ends in it behind an underscore (`in_proj_weight`)."""
    if not target or NUMBER in target[-1] or not target[-1].isidentifier():
        return None
    return target[-1] if all(side and side[-1].endswith("_" + target[-1]) for side in sides) else None


def _form(
    pair: FamilyPair,
    target: Template,
    sides: Sequence[Template],
    rows: Rows,
    tail: Template,
    *,
    words: tuple[str, ...],
    piece: str | None = None,
) -> tuple[Form, Entry]:
    marks = dict(zip(words, _TEXT_MARKS, strict=False))

    def marked(template: Template) -> Template:
        out = [marks.get(segment, segment) for segment in template]
        if piece is not None:
            out[-1] = out[-1].removesuffix(piece) + _TEXT_MARKS[len(marks)]
        return tuple(out)

    spelt = tuple((side.source, marked(template), side.gathered is not None) for side, template in zip(pair.sides, sides, strict=True))
    texts = (*marks, *([piece] if piece is not None else []))
    form = Form(pair.skeleton.text, marked(target), spelt, len(texts), bool(tail))
    return form, Entry(pair, rows, texts, tail)


def candidates(form: Form, entries: Sequence[Entry], separators: Separators) -> list[Candidate]:
    """Write the rules of a form: one where all its integers have one relation, else a few that have one each."""
    rows = np.concatenate([entry.rows for entry in entries])
    keys = [key for entry in entries for _, _, key in entry.pair.members]
    owner = np.repeat(np.arange(len(entries)), [len(entry.rows) for entry in entries])
    split = count(form.target)
    relation = relate(rows, split)
    cut = [np.arange(len(rows))] if relation is not None else parts(rows, split)
    if relation is None and len(entries) > 1:
        # no rule for all of them together: those that agree with the first are tried together
        cut += [np.flatnonzero(owner == at) for at in range(len(entries))]
    out = []
    for part in cut:
        found = relation or relate(rows[part], split)
        if found is None:
            continue
        members = [entries[int(at)] for at in np.unique(owner[part])]
        vague = 4 * form.texts + 2 * form.rest + len(found.values) + (10 if len(cut) > 1 else 0)
        write = partial(_written, form, members, found, separators)
        out.append(Candidate(tuple(keys[int(at)] for at in part), vague, write))
    return out


def _written(form: Form, entries: Sequence[Entry], relation: Relation, separators: Separators, tight: bool) -> Bind | None:
    try:
        rule = _Writer(form, entries, relation, separators, tight=tight).rule()
        check_rule(rule)
    except PlanError:
        return None
    return rule


class _Writer:
    """Writes one rule."""

    def __init__(self, form: Form, entries: Sequence[Entry], relation: Relation, separators: Separators, *, tight: bool) -> None:
        self.separators = separators
        self.form = form
        self.entries = entries
        self.relation = relation
        self.tight = tight
        self.numbers = [NAMES[at] if at < len(NAMES) else f"x{at}" for at in range(len(relation.values))]
        self.column = 0
        self.said: set[str] = set()
        short = form.rest and all(len(entry.tail) == 1 and entry.tail[0] != NUMBER for entry in entries)
        self.tail = "{p}" if short else "{rest*}"
        if short and tight:
            self.tail = "{p:" + "|".join(dict.fromkeys(escape(entry.tail[0]) for entry in entries)) + "}"

    def rule(self) -> Bind:
        """Write it: target first, as it holds the kinds of the placeholders."""
        target = self._pattern(self.form.target)
        sides = [self._pattern(template, side) for side, (_, template, _) in enumerate(self.form.sides)]
        return Bind(target, self._expression(self.entries[0].pair.skeleton.expr, sides))

    def _pattern(self, template: Template, side: int | None = None) -> str:
        separator = self.separators.target if side is None else self.separators.sources.get(self.form.sides[side][0], ".")
        out = [self._segment(segment, side) for segment in template]
        if self.form.rest:
            out.append(self.tail if side is None or ":" not in self.tail else "{p}")
        return separator.join(out)

    def _segment(self, segment: str, side: int | None) -> str:
        text = ""
        for char in segment:
            if char == NUMBER:
                text += self._number(self.relation.columns[self.column])
                self.column += 1
            elif char == GATHER and side is not None:
                text += self._gather(side)
            elif char in _TEXT_MARKS:
                text += self._text(_TEXT_MARKS.index(char), whole=segment == char)
            else:
                text += escape(char)
        return text

    def _number(self, linear: Linear) -> str:
        if not linear.slopes:
            return str(linear.constant)
        if linear.bare is None:
            return "{" + linear.text(self.numbers) + "}"
        name = self.numbers[linear.bare]
        kind = "" if name in INTEGER_NAMES else ":int"
        if self.tight and name not in self.said:
            kind = ":" + _ranges(self.relation.values[linear.bare])
        self.said.add(name)
        return "{" + name + kind + "}"

    def _text(self, at: int, *, whole: bool) -> str:
        last = not self.form.rest and bool(self.form.target) and _TEXT_MARKS[at] in self.form.target[-1]
        name = "p" if last else _TEXT_NAMES[at]
        if name in self.said:
            return "{" + name + "}"
        self.said.add(name)
        seen = dict.fromkeys(entry.texts[at] for entry in self.entries)
        if whole and not self.tight and not self._partly(at):
            return "{" + name + "}"
        return "{" + name + ":" + "|".join(map(escape, seen)) + "}"

    def _partly(self, at: int) -> bool:
        """Whether a word is marked inside a segment somewhere, where nothing else tells how far it reaches."""
        mark = _TEXT_MARKS[at]
        return any(mark in segment and segment != mark for _, template, _ in self.form.sides for segment in template)

    def _gather(self, side: int) -> str:
        spans = {entry.pair.sides[side].gathered for entry in self.entries}
        low, high = min(span[0] for span in spans if span), max(span[1] for span in spans if span)
        return f"{{e:{low}..{high}}}" if low or (self.tight and len(spans) == 1) else "{e}"

    def _expression(self, expr: Expr, sides: Sequence[str]) -> Expr:
        if isinstance(expr, Ref):
            at = int(expr.pattern)
            return Ref(sides[at], self.form.sides[at][0])
        args = dict(expr.args)
        index = args.get("index")
        if expr.op == "select" and isinstance(index, str):
            linear = self.relation.columns[self.column + int(index[1:])]
            args["index"] = "{" + linear.text(self.numbers) + "}" if linear.slopes else linear.constant
        return Call(expr.op, tuple(self._expression(inner, sides) for inner in expr.inputs), args, expr.index)


def _ranges(values: Sequence[int]) -> str:
    """Write integers as inclusive ranges."""
    out: list[tuple[int, int]] = []
    for value in values:
        if out and value == out[-1][1] + 1:
            out[-1] = (out[-1][0], value)
        else:
            out.append((value, value))
    return "|".join(str(low) if low == high else f"{low}..{high}" for low, high in out)
