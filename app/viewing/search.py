"""What a person types to find keys: plain text, a glob, `/a regular expression/`, and `shape:`, `dtype:`, `class:` terms."""

from collections.abc import Callable

import re2

from app.errors import KeygraftError
from app.keys import KeyTree, TensorInfo

Matches = Callable[[str, TensorInfo], bool]
_LONGEST = 300


class SearchError(KeygraftError):
    """A filter that cannot be read."""


def matcher(query: str, tree: KeyTree) -> Matches | None:
    """Read a query; None where it asks for everything. Raises SearchError."""
    tests = [_term(term, tree) for term in query[:_LONGEST].split()]
    if not tests:
        return None
    return lambda key, info: all(test(key, info) for test in tests)


def hit_of(query: str) -> str:
    """Return the plain text that may be marked in a label; empty where the query holds none."""
    terms = [term for term in query[:_LONGEST].split() if ":" not in term and not _is_regex(term) and not _is_glob(term)]
    return max(terms, key=len, default="").casefold()


def _is_regex(term: str) -> bool:
    return len(term) > 2 and term.startswith("/") and term.endswith("/")


def _is_glob(term: str) -> bool:
    return "*" in term or "?" in term


def _term(term: str, tree: KeyTree) -> Matches:
    facet, colon, value = term.partition(":")
    if colon and facet in {"shape", "dtype", "class"}:
        return _facet(facet, value, tree)
    if _is_regex(term):
        return _regex(term[1:-1])
    if _is_glob(term):
        return _regex(_glob(term.casefold()), fold=True)
    wanted = term.casefold()
    return lambda key, _info: wanted in key.casefold()


def _regex(pattern: str, *, fold: bool = False) -> Matches:
    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile(pattern.encode("utf-8", "surrogatepass"), options)
    except re2.error as problem:
        raise SearchError("filter_regex", pattern=pattern) from problem

    def matches(key: str, info: TensorInfo) -> bool:
        del info
        text = (key.casefold() if fold else key).encode("utf-8", "surrogatepass")
        return compiled.search(text) is not None

    return matches


def _glob(term: str) -> str:
    """Write a glob as a regular expression that matches anywhere in a key."""
    wild = {"*": ".*", "?": "."}
    return "(?s)" + "".join(wild.get(char) or re2.escape(char) for char in term)


def _facet(facet: str, value: str, tree: KeyTree) -> Matches:
    wanted = value.casefold()
    if facet == "dtype":
        return lambda _key, info: info.dtype.casefold() == wanted
    if facet == "shape":
        sides = wanted.replace("×", "x").replace(",", "x").strip("[]()")
        return lambda _key, info: info.shape is not None and "x".join(map(str, info.shape)) == sides
    modules = {path for path, module in tree.modules.items() if wanted in module.cls.casefold()}
    return lambda key, _info: key.rpartition(tree.separator)[0] in modules
