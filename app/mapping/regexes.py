"""Users' regular expressions: those that RE2 and Python's `re` read alike, so that pages, exports and servers agree.

RE2 runs them in time linear in the key; a pattern with few and flat repeats goes to `re`, which is faster from Python.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Protocol

import re2

from app.mapping.errors import RegexError

LONGEST = 1_000
_LARGEST_REPEAT = 1_000
_SHORT_KEY = 256
_FLAT_REPEATS = 2
_REPEAT = re.compile(r"\{([0-9]*)(?:,([0-9]*))?\}", re.ASCII)
_REFERENCE = re.compile(r"\\([0-9]|g<([A-Za-z_][A-Za-z0-9_]*|[0-9]{1,2})>|\\)|\\", re.ASCII)
_SAME_ESCAPES = frozenset("dDwWsSbBAfnrtv")
_GROUPS = ("(?:", "(?P<")


class _Match(Protocol):
    def group(self, name: str | int, /) -> str | None: ...
    def start(self) -> int: ...
    def end(self) -> int: ...


class _Scan:
    """One walk over a pattern: refuses what the two engines read differently, counts unbounded repeats."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.unbounded = 0
        self.nested = False
        self._open: list[int] = []
        self._last_group_repeats = False

    def fail(self, what: str, at: int) -> RegexError:
        return RegexError("regex_not_shared", pattern=self.pattern, what=what, column=at + 1)

    def walk(self) -> None:
        at, pattern = 0, self.pattern
        while at < len(pattern):
            char = pattern[at]
            if char == "\\":
                at = self._escape(at)
            elif char == "[":
                at = self._bracket(at)
            elif char == "(":
                at = self._group(at)
            elif char == ")":
                self._last_group_repeats = bool(self._open) and self._open.pop() < self.unbounded
                at += 1
                continue
            elif char in "*+?{":
                at = self._repeat(at)
            else:
                if ord(char) > 127 or ord(char) < 32:
                    raise self.fail("non_ascii", at)
                at += 1
            self._last_group_repeats = False

    def _escape(self, at: int) -> int:
        follows = self.pattern[at + 1 : at + 2]
        if follows.isalnum() and follows not in _SAME_ESCAPES:
            raise self.fail("\\" + follows, at)
        if not follows or ord(follows) > 127:
            raise self.fail("\\", at)
        return at + 2

    def _bracket(self, at: int) -> int:
        start, at = at, at + 1
        if self.pattern[at : at + 1] == "^":
            at += 1
        first = True
        while at < len(self.pattern):
            char = self.pattern[at]
            if char == "]" and not first:
                return at + 1
            first = False
            if char == "[":
                raise self.fail("[", at)
            if char == "\\":
                if self.pattern[at + 1 : at + 2] in {"b", "B", "A"}:
                    raise self.fail(self.pattern[at : at + 2], at)
                at = self._escape(at)
                continue
            if ord(char) > 127 or self.pattern[at : at + 2] in {"--", "&&", "||", "~~"}:
                raise self.fail(self.pattern[at : at + 2], at)
            at += 1
        raise self.fail("[", start)

    def _group(self, at: int) -> int:
        self._open.append(self.unbounded)
        if self.pattern[at + 1 : at + 2] != "?":
            return at + 1
        for form in _GROUPS:
            if self.pattern.startswith(form, at):
                return at + len(form)
        raise self.fail(self.pattern[at : at + 3], at)

    def _repeat(self, at: int) -> int:
        after_group = self._last_group_repeats
        if self.pattern[at] == "{":
            found = _REPEAT.match(self.pattern, at)
            if found is None or not found[1]:
                raise self.fail("{", at)
            if int(found[1]) > _LARGEST_REPEAT or int(found[2] or 0) > _LARGEST_REPEAT:
                raise self.fail(found[0], at)
            end, endless = found.end(), found[2] == "" or int(found[2] or found[1]) > 1
        else:
            end, endless = at + 1, self.pattern[at] != "?"
        if endless:
            self.unbounded += 1
            self.nested = self.nested or after_group
        follows = self.pattern[end : end + 1]
        if follows == "?":
            end += 1
        elif follows and follows in "*+{":
            raise self.fail(self.pattern[at : end + 1], at)
        return end


class Regex:
    """A regular expression with what it is replaced by."""

    def __init__(self, find: str, to: str) -> None:
        if len(find) > LONGEST or len(to) > LONGEST:
            raise RegexError("regex_long", pattern=find[:40], most=LONGEST)
        scan = _Scan(find)
        scan.walk()
        self.find = find
        self._fast = _compile_re(find)
        self._linear = _compile_re2(find)
        self._flat = scan.unbounded <= _FLAT_REPEATS and not scan.nested
        self._template = _template(to, find, self._fast)
        self._plain = "".join(map(str, self._template)) if all(isinstance(piece, str) for piece in self._template) else None

    def sub(self, key: str) -> str:
        """Replace every match, as `re.sub` does."""
        if self._flat and len(key) <= _SHORT_KEY:
            return self._fast.sub(self._expand, key)
        return str(self._linear.sub(self._expand, key))

    def search(self, key: str) -> tuple[int, int] | None:
        """Return where the first match lies."""
        engine = self._fast if self._flat and len(key) <= _SHORT_KEY else self._linear
        found = engine.search(key)
        return None if found is None else (found.start(), found.end())

    def spans(self, key: str) -> list[tuple[int, int]]:
        """Return where all matches lie."""
        engine = self._fast if self._flat and len(key) <= _SHORT_KEY else self._linear
        return [(found.start(), found.end()) for found in engine.finditer(key)]

    def _expand(self, match: _Match) -> str:
        if self._plain is not None:
            return self._plain
        return "".join(piece if isinstance(piece, str) else match.group(piece[0]) or "" for piece in self._template)


def _compile_re(find: str) -> "re.Pattern[str]":
    try:
        return re.compile(find, re.ASCII)
    except (re.error, RecursionError, OverflowError) as error:
        raise RegexError("regex_unreadable", pattern=find, what=str(error)) from error


def _compile_re2(find: str) -> "_Linear":
    options = re2.Options()
    options.log_errors = False
    try:
        engine: _Linear = re2.compile(find, options)
    except re2.error as error:
        raise RegexError("regex_unreadable", pattern=find, what=str(error)) from error
    return engine


class _Linear(Protocol):
    def sub(self, repl: Callable[[_Match], str], text: str, /) -> object: ...
    def search(self, text: str, /) -> _Match | None: ...
    def finditer(self, text: str, /) -> Iterator[_Match]: ...


def _template(to: str, find: str, compiled: "re.Pattern[str]") -> tuple[str | tuple[str | int], ...]:
    out: list[str | tuple[str | int]] = []
    at = 0
    for found in _REFERENCE.finditer(to):
        out.append(to[at : found.start()])
        at = found.end()
        if found[1] is None:
            raise RegexError("regex_replacement", pattern=find, replacement=to, column=found.start() + 1)
        if found[1] == "\\":
            out.append("\\")
            continue
        name = found[2] or found[1]
        group: str | int = int(name) if name.isdigit() else name
        if (group not in compiled.groupindex) if isinstance(group, str) else group > compiled.groups:
            raise RegexError("regex_group", pattern=find, replacement=to, group=name)
        out.append((group,))
    out.append(to[at:])
    return tuple(piece for piece in out if piece)


@lru_cache(maxsize=1024)
def compile_regex(find: str, to: str = "") -> Regex:
    """Compile a pattern and its replacement; RegexError where the two engines would not agree."""
    return Regex(find, to)
