"""Regular expressions: only what RE2 and Python's `re` read alike."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.mapping import RegexError, compile_regex


@pytest.mark.parametrize(
    "pattern",
    [
        r"(?=a)",
        r"(?!a)",
        r"(?<=a)b",
        r"(a)\1",
        r"a\Z",
        r"(?x)a",
        r"(?i)a",
        "a{1001}",
        "[[:alpha:]]",
        r"\p{L}",
        r"a*+",
        r"\Qa\E",
        "é",
        r"[a-z&&b]",
        "(",
        "[",
        "a{",
        r"\x41",
        r"\8",
    ],
)
def test_what_differs_is_refused(pattern):
    """Lookaround, back-references, inline flags, classes of one engine, huge repeats."""
    with pytest.raises(RegexError):
        compile_regex(pattern)


@pytest.mark.parametrize(
    ("find", "to", "key", "found"),
    [
        (r"^blocks\.(\d+)", r"layers.\1", "blocks.12.w", "layers.12.w"),
        (r"(?P<n>\d+)", r"<\g<n>>", "a1.2", "a<1>.<2>"),
        (r"\.", r"\\", "a.b", "a\\b"),
        (r"(x)|(y)", r"[\1\2]", "xy", "[x][y]"),
        (r"(a+)+$", "b", "c" + "a" * 400, "cb"),
        (r"gamma\b", "weight", "ln.gamma", "ln.weight"),
    ],
)
def test_replacement(find, to, key, found):
    """Groups by number and name; what could run away goes to RE2."""
    assert compile_regex(find, to).sub(key) == found


PIECES = st.sampled_from(
    ["a", "b", r"\d", r"\w", ".", r"\.", "[ab]", "(a|b)", "(?:ab)", "a*", "b+", "a?", "^", "$", "[^.]+", "a{2}", "b*?"]
)


@given(st.lists(PIECES, max_size=5).map("".join), st.text("ab1.", max_size=12))
def test_both_engines_agree(pattern, key):
    """What is accepted gives the same first match in both."""
    try:
        compiled = compile_regex(pattern)
    except RegexError:
        return
    theirs = re.compile(pattern, re.ASCII).search(key)
    linear = compiled._linear.search(key)
    assert (
        (None if theirs is None else theirs.span()) == (None if linear is None else (linear.start(), linear.end())) == compiled.search(key)
    )
