"""What a person types to find keys: plain text, a glob, `/a regular expression/`, and terms that name a fact.

Terms: `shape:768x768` (`shape:768x*`), `dtype:F32`, `class:Linear`, `rule:3` (`rule:none`), `is:missing` (`is:needs`: whatever waits for a person).
All words must hold; of several terms of one kind, one is enough: `dtype:F32 dtype:BF16`.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

import msgspec
import re2

from app.errors import KeygraftError
from app.keys import KeyTree, TensorInfo
from app.viewing.states import NEEDS

Matches = Callable[[str, TensorInfo], bool]
FACETS = ("is", "dtype", "shape", "class", "rule")
"""Kinds of terms."""

_LONGEST = 300


class SearchError(KeygraftError):
    """A filter that cannot be read."""


class Known(msgspec.Struct, frozen=True):
    """What is known of keys besides their tree: states, and the rules that decide them (none: nothing does)."""

    states: Mapping[str, str] = {}
    rules: Mapping[str, int] = {}


NOTHING = Known()


def matcher(query: str, tree: KeyTree, known: Known = NOTHING) -> Matches | None:
    """Read a query; None where it asks for everything. Raises SearchError."""
    texts, facets = terms(query)
    tests = [text_test(term) for term in texts]
    tests += [either([facet_test(facet, value, tree, known) for value in values]) for facet, values in facets.items()]
    if not tests:
        return None
    return lambda key, info: all(test(key, info) for test in tests)


def terms(query: str) -> tuple[list[str], dict[str, list[str]]]:
    """Part a query into its texts and, by facet, its values."""
    texts: list[str] = []
    facets: dict[str, list[str]] = {}
    for term in query[:_LONGEST].split():
        facet, colon, value = term.partition(":")
        if colon and facet in FACETS:
            facets.setdefault(facet, []).append(value.casefold())
        else:
            texts.append(term)
    return texts, facets


def pattern_of(text: str) -> bytes:
    """The regular expression of RE2 that finds a text, a glob or `/an expression/` in a key."""
    if is_regex(text):
        return text[1:-1].encode("utf-8", "surrogatepass")
    written = _glob(text) if is_glob(text) else re2.escape(text)
    return f"(?is){written}".encode("utf-8", "surrogatepass")


class Found(Protocol):
    """A compiled expression that finds itself in bytes, in linear time."""

    def search(self, text: bytes) -> object | None:
        """The first hit."""

    def finditer(self, text: bytes) -> Iterator["Hit"]:
        """All hits, in order."""


class Hit(Protocol):
    """One hit."""

    def span(self) -> tuple[int, int]:
        """Where it starts and ends, in bytes."""


def compiled(pattern: bytes, shown: str) -> Found:
    """Compile a pattern. Raises SearchError, which names what was typed."""
    options = re2.Options()
    options.log_errors = False
    try:
        found: Found = re2.compile(pattern, options)
    except re2.error as problem:
        raise SearchError("filter_regex", pattern=shown) from problem
    return found


def is_regex(text: str) -> bool:
    """Whether a term is written `/as an expression/`."""
    return len(text) > 2 and text.startswith("/") and text.endswith("/")


def is_glob(term: str) -> bool:
    """Whether a term has a star or a question mark."""
    return "*" in term or "?" in term


def either(tests: list[Matches]) -> Matches:
    """One of some tests is enough."""
    return tests[0] if len(tests) == 1 else lambda key, info: any(test(key, info) for test in tests)


def text_test(term: str) -> Matches:
    """The test of one text. Raises SearchError."""
    if not is_regex(term) and not is_glob(term):
        wanted = term.casefold()
        return lambda key, _info: wanted in key.casefold()
    found = compiled(pattern_of(term), term.strip("/"))
    return lambda key, _info: found.search(key.encode("utf-8", "surrogatepass")) is not None


def _glob(term: str) -> str:
    """Write a glob as a regular expression that matches anywhere in a key."""
    wild = {"*": ".*", "?": "."}
    return "".join(wild.get(char) or re2.escape(char) for char in term)


def facet_test(facet: str, value: str, tree: KeyTree, known: Known) -> Matches:
    """The test of one term. Raises SearchError."""
    match facet:
        case "dtype":
            return lambda _key, info: info.dtype.casefold() == value
        case "shape":
            return _shape(value)
        case "class":
            return _class(value, tree)
        case "rule":
            number = rule_number(value)
            return lambda key, _info: known.rules.get(key) == number
        case _:
            wanted = states_of(value)
            return lambda key, _info: known.states.get(key) in wanted


def rule_number(value: str) -> int | None:
    """Index of the rule that a term names; None: no rule."""
    return int(value) - 1 if value.isdecimal() else None


def states_of(value: str) -> frozenset[str]:
    """States that a term asks for."""
    return NEEDS if value == "needs" else frozenset({value})


def _shape(value: str) -> Matches:
    sides = value.replace("×", "x").replace(",", "x").strip("[]()")
    if "*" in sides:
        whole = compiled(f"^{_glob(sides)}$".encode(), value)
        return lambda _key, info: info.shape is not None and whole.search(shape_word(info.shape).encode()) is not None
    return lambda _key, info: shape_word(info.shape) == sides


def shape_word(shape: tuple[int, ...] | None) -> str:
    """A shape as a term writes it: `768x3`, `scalar`, `?` where it is not known."""
    if shape is None:
        return "?"
    return "x".join(map(str, shape)) or "scalar"


def _class(value: str, tree: KeyTree) -> Matches:
    """Keys of modules of a class: of that very name where there is one, else of any that holds the text."""
    exact = {path for path, module in tree.modules.items() if module.cls.rpartition(".")[2].casefold() == value}
    modules = exact or {path for path, module in tree.modules.items() if value in module.cls.casefold()}
    return lambda key, _info: key.rpartition(tree.separator)[0] in modules
