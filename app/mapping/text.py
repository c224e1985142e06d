"""The spelling of plans for people: one rule a line.

::

    keygraft_plan 1
    rename strip_prefix "module."
    "layers.{i}.q.{p}" = chunk("layers.{i}.qkv.{p}", 3, dim=0)[0]   # a note
    off "head.{p}" = "fc.{p}" @author("ann") @confidence(0.8)

A comment at the end of a rule, or on the lines before it, is the rule's note.
"""

import re
from collections.abc import Callable

import msgspec

from app.mapping.errors import PlanError, placed
from app.mapping.expressions import Cursor, print_argument, print_expression, read_argument, read_expression
from app.mapping.lexicon import Word, quote, words
from app.mapping.plan import FORMAT_VERSION, Arg, Bind, FrozenTensor, Ignore, Init, Plan, Rename, Rule, SourceExpectation
from app.mapping.validation import check_rule, check_source

HEAD = "keygraft_plan"
_HOWS = ("strip_prefix", "add_prefix", "replace", "regex")
_NOTE = re.compile(
    r"[^\s\x00-\x1f\x7f-\x9f\ud800-\udfff](?:[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]*[^\s\x00-\x1f\x7f-\x9f\ud800-\udfff])?\Z"
)
LONGEST = 64 * 1024 * 1024


def statement(rule: Rule) -> str:
    """Write a rule without note, author, confidence and switch: what it says, and so its identity."""
    match rule:
        case Bind():
            return f"{quote(rule.target)} = {print_expression(rule.value)}"
        case Rename():
            to = f" -> {quote(rule.to)}" if rule.how in {"replace", "regex"} else ""
            return f"rename {rule.how} {quote(rule.find)}{to}{_in(rule.source)}"
        case Ignore():
            return f"ignore {'raw:' if rule.raw else ''}{quote(rule.pattern)}{_in(rule.source)}"
        case Init():
            args = ", ".join(f"{name}={print_argument(value)}" for name, value in rule.args.items())
            return f"init {quote(rule.pattern)} with {rule.policy}{f'({args})' if args else ''}"


def _in(source: str | None) -> str:
    return "" if source is None else f" in {source}" if source else ' in ""'


def print_rule(rule: Rule) -> str:
    """Write a rule with all that it carries; a note of several lines stands before it."""
    line = ("" if rule.enabled else "off ") + statement(rule)
    if rule.author:
        line += f" @author({quote(rule.author)})"
    if rule.confidence is not None:
        line += f" @confidence({rule.confidence!r})"
    if not rule.note:
        return line
    lines = rule.note.split("\n")
    if not all(_NOTE.match(part) for part in lines):
        return line + f" @note({quote(rule.note)})"
    if len(lines) == 1:
        return f"{line}  # {rule.note}"
    return "".join(f"# {part}\n" for part in lines) + line


def print_plan(plan: Plan) -> str:
    """Write a plan as text; `parse_plan` gives the same plan back."""
    out = [f"{HEAD} {plan.version}"]
    for name, source in plan.sources.items():
        nesting = "".join(f" {quote(part)}" for part in source.nesting)
        out.append(f"source {quote(name)} tensors {source.tensors} digest {quote(source.digest)}{' nesting' + nesting if nesting else ''}")
    if plan.benign is not None:
        out += [f"benign {quote(pattern)}" for pattern in plan.benign] or ["benign none"]
    out += [print_rule(rule) for rule in plan.rules]
    out += [f"target {quote(key)} {_dtype(tensor.dtype)} {_shape(tensor.shape)}" for key, tensor in plan.target.items()]
    return "\n".join(out) + "\n"


def _dtype(dtype: str) -> str:
    return print_argument(dtype)


def _shape(shape: tuple[int, ...] | None) -> str:
    return "?" if shape is None else "[" + ", ".join(map(str, shape)) + "]"


def parse_plan(text: str) -> Plan:
    """Read a plan from text; PlanError with `line` and `column` where it cannot be read."""
    if len(text) > LONGEST:
        raise PlanError("plan_long", most=LONGEST)
    reader = _PlanReader()
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        reader.line(line.removesuffix("\r"), number)
    return reader.plan()


def parse_rule(text: str) -> Rule:
    """Read one rule; PlanError where it is none."""
    reader = _PlanReader(headed=True)
    for number, line in enumerate(text.split("\n"), 1):
        reader.line(line, number)
    plan = reader.plan()
    if len(plan.rules) != 1 or plan.target or plan.sources:
        raise PlanError("plan_text_expected", line=1, column=1, expected="one rule", found=text[:60])
    return plan.rules[0]


class _PlanReader:
    """Collects what the lines of a plan say."""

    def __init__(self, *, headed: bool = False) -> None:
        self.headed = headed
        self.version = FORMAT_VERSION
        self.rules: list[Rule] = []
        self.sources: dict[str, SourceExpectation] = {}
        self.target: dict[str, FrozenTensor] = {}
        self.benign: list[str] | None = None
        self.notes: list[str] = []

    def plan(self) -> Plan:
        if not self.headed:
            raise PlanError("plan_text_head", line=1, column=1)
        benign = None if self.benign is None else tuple(self.benign)
        return Plan(tuple(self.rules), self.version, self.sources, self.target, benign)

    def line(self, line: str, number: int) -> None:
        tokens = words(line, number)
        if tokens[0].kind == "end":
            return
        if tokens[0].kind == "comment":
            self.notes.append(tokens[0].text.removeprefix(" "))
            return
        cursor = Cursor([token for token in tokens if token.kind != "comment"], number)
        comment = next((token.text.removeprefix(" ") for token in tokens if token.kind == "comment"), None)
        if not self.headed:
            self._head(cursor)
        elif not self._frozen(cursor):
            self._rule(cursor, comment)
            return
        self.notes.clear()
        self._end(cursor)

    def _head(self, cursor: Cursor) -> None:
        word = cursor.take()
        if word.kind != "word" or word.text != HEAD:
            raise PlanError("plan_text_head", line=cursor.line, column=word.column)
        version = cursor.need("number", "a version")
        if version.text != str(FORMAT_VERSION):
            raise PlanError("plan_version", line=cursor.line, column=version.column, version=version.text, known=FORMAT_VERSION)
        self.headed = True

    def _end(self, cursor: Cursor) -> None:
        if cursor.here.kind != "end":
            raise cursor.expected("end of line")

    def _frozen(self, cursor: Cursor) -> bool:
        word = cursor.here.text if cursor.here.kind == "word" else ""
        if word not in {"source", "benign", "target"} or cursor.tokens[1].kind not in {"string", "word"}:
            return False
        cursor.take()
        if word == "source":
            self._source(cursor)
        elif word == "benign":
            self.benign = self.benign or []
            token = cursor.take()
            if token.kind == "string":
                self.benign.append(token.text)
        else:
            self._target(cursor)
        return True

    def _source(self, cursor: Cursor) -> None:
        name = cursor.need("string", "a name in quotes")
        check_source(name.text)
        if name.text in self.sources:
            raise PlanError("plan_text_twice", line=cursor.line, column=name.column, what=name.text)
        self._keyword(cursor, "tensors")
        tensors = int(cursor.need("number", "a count").text)
        self._keyword(cursor, "digest")
        digest = cursor.need("string", "a digest in quotes").text
        nesting: list[str] = []
        if cursor.here.kind == "word":
            self._keyword(cursor, "nesting")
            while (part := cursor.here).kind == "string":
                nesting.append(part.text)
                cursor.take()
        self.sources[name.text] = SourceExpectation(digest, tensors, tuple(nesting))

    def _keyword(self, cursor: Cursor, text: str) -> None:
        if cursor.here.kind != "word" or cursor.here.text != text:
            raise cursor.expected(text)
        cursor.take()

    def _target(self, cursor: Cursor) -> None:
        key = cursor.need("string", "a key in quotes")
        if key.text in self.target:
            raise PlanError("plan_text_twice", line=cursor.line, column=key.column, what=key.text)
        dtype = cursor.take()
        if dtype.kind not in {"word", "string"}:
            cursor.at -= dtype.kind != "end"
            raise cursor.expected("a dtype")
        if cursor.mark("?"):
            self.target[key.text] = FrozenTensor(None, dtype.text)
            return
        column = cursor.here.column
        shape = read_argument(cursor)
        if not isinstance(shape, list) or not all(type(size) is int and size >= 0 for size in shape):
            raise PlanError("plan_text_expected", line=cursor.line, column=column, expected="a shape", found=str(shape)[:60])
        self.target[key.text] = FrozenTensor(tuple(shape), dtype.text)

    def _rule(self, cursor: Cursor, comment: str | None) -> None:
        first = cursor.here
        enabled = not (first.kind == "word" and first.text == "off")
        if not enabled:
            cursor.take()
        rule = _read_statement(cursor)
        notes = [*self.notes, *([comment] if comment is not None else [])]
        self.notes.clear()
        carried = _read_carried(cursor)
        self._end(cursor)
        note = carried.pop("note", "\n".join(notes))
        rule = msgspec.structs.replace(rule, note=note, enabled=enabled, **carried)
        try:
            check_rule(rule)
        except PlanError as error:
            raise placed(error, cursor.line, first.column) from error
        self.rules.append(rule)


def _read_statement(cursor: Cursor) -> Rule:
    word = cursor.take()
    if word.kind == "string":
        cursor.need_mark("=")
        return Bind(word.text, read_expression(cursor))
    cursor.at -= word.kind != "end"
    reader = _READERS.get(word.text) if word.kind == "word" else None
    if reader is not None:
        return reader(cursor)
    raise cursor.expected("a rule")


def _read_rename(cursor: Cursor) -> Rename:
    cursor.take()
    how = cursor.need("word", "strip_prefix, add_prefix, replace or regex")
    find = cursor.need("string", "a text in quotes").text
    to = ""
    match how.text:
        case "strip_prefix" | "add_prefix":
            return Rename(how.text, find, "", _read_in(cursor))
        case "replace" | "regex":
            cursor.need_mark("->")
            to = cursor.need("string", "a text in quotes").text
            return Rename(how.text, find, to, _read_in(cursor))
    raise PlanError("plan_text_expected", line=cursor.line, column=how.column, expected=", ".join(_HOWS), found=how.text)


def _read_in(cursor: Cursor) -> str | None:
    if cursor.here.kind == "word" and cursor.here.text == "in":
        cursor.take()
        token = cursor.take()
        if token.kind in {"word", "string"}:
            return token.text
        raise cursor.expected("the name of a source")
    return None


def _read_ignore(cursor: Cursor) -> Ignore:
    cursor.take()
    source, raw = None, False
    while cursor.here.kind == "word":
        name = cursor.take().text
        cursor.need_mark(":")
        if name == "raw":
            raw = True
        else:
            source = name
    pattern = cursor.need("string", "a pattern in quotes").text
    named = _read_in(cursor)
    return Ignore(pattern, named if source is None else source, raw)


def _read_init(cursor: Cursor) -> Init:
    cursor.take()
    pattern = cursor.need("string", "a pattern in quotes").text
    if not (cursor.here.kind == "word" and cursor.here.text == "with"):
        return Init(pattern)
    cursor.take()
    policy = cursor.need("word", "what the keys start with").text
    args: dict[str, Arg] = {}
    if cursor.mark("("):
        while not cursor.mark(")"):
            if args:
                cursor.need_mark(",")
            name = cursor.need("word", "a name").text
            cursor.need_mark("=")
            args[name] = read_argument(cursor)
    return Init(pattern, policy, args)


_READERS: dict[str, Callable[[Cursor], Rule]] = {"rename": _read_rename, "ignore": _read_ignore, "init": _read_init}


def _read_carried(cursor: Cursor) -> dict[str, object]:
    out: dict[str, object] = {}
    while cursor.mark("@"):
        name = cursor.need("word", "author, confidence or note")
        cursor.need_mark("(")
        token: Word = cursor.take()
        if name.text in {"author", "note"} and token.kind == "string":
            out[name.text] = token.text
        elif name.text == "confidence" and token.kind == "number":
            out[name.text] = float(token.text)
        else:
            raise PlanError(
                "plan_text_expected", line=cursor.line, column=name.column, expected="author, confidence or note", found=name.text
            )
        cursor.need_mark(")")
    return out
