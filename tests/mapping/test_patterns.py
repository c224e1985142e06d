"""The pattern language: what takes what, and how keys are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.mapping import PatternError, escape
from app.mapping.folds import fold
from app.mapping.matching import format_key, matcher
from app.mapping.patterns import parse_pattern, print_parts
from app.mapping.selection import Chosen


@pytest.mark.parametrize(
    ("pattern", "key", "values"),
    [
        ("layers.{i}.w", "layers.10.w", {"i": 10}),
        ("layers.{i}.w", "layers.010.w", None),
        ("layers.{i}.w", "layers.1234567890.w", None),
        ("layers.{x}.w", "layers.a.w", {"x": "a"}),
        ("layers.{x}.w", "layers.a.b.w", None),
        ("layer{i}.w", "layer12.w", {"i": 12}),
        ("layer_{x:int}.w", "layer_3.w", {"x": 3}),
        ("a{i}b", "a1b2b", None),
        ("l.{i:3..5}", "l.4", {"i": 4}),
        ("l.{i:3..5}", "l.6", None),
        ("l.{i:0|2|7..8}", "l.8", {"i": 8}),
        ("l.{i:0|2|7..8}", "l.1", None),
        ("in_proj_{p:weight|bias}", "in_proj_bias", {"p": "bias"}),
        ("in_proj_{p:weight|bias}", "in_proj_scale", None),
        ("m.{p:a.b|c}", "m.a.b", {"p": "a.b"}),
        ("m.{rest*}", "m.a.b", {"rest": "a\0b"}),
        ("m.{rest*}", "m", None),
        ("head.*", "head.fc.weight", {}),
        ("*num_batches_tracked", "num_batches_tracked", {}),
        (r"a\{x\}\*\|\"\\", 'a{x}*|"\\', {}),
        ("{3*i+1}.w", "7.w", {"#0": 7}),
    ],
)
def test_what_a_pattern_takes(pattern, key, values):
    """Segments, integers, ranges, alternatives, rests, stars, escapes."""
    assert matcher(pattern).match(key) == values


@pytest.mark.parametrize(
    ("pattern", "code"),
    [
        ("a{", "pattern_brace_open"),
        ("a}", "pattern_brace_closed"),
        ("a\\x", "pattern_escape"),
        ("{3}", "pattern_constant"),
        ("{i:5..3}", "pattern_range"),
        ("{p:a||b}", "pattern_alternative_empty"),
        ("{rest*}.a", "pattern_rest_inside"),
        ("{r*:int}", "pattern_rest_typed"),
        ("{x}{y}", "pattern_side_by_side"),
        ("1{i}", "pattern_digits_touch"),
        ("{x}.{x}", "pattern_name_twice"),
        ("*a*b*", "pattern_stars"),
        ("{a}_{b}_{c}_{d}", "pattern_open"),
        ("", "pattern_length"),
        ("{i+}", "arithmetic_unreadable"),
    ],
)
def test_what_is_no_pattern(pattern, code):
    """Each mistake has its own name."""
    with pytest.raises(PatternError) as raised:
        parse_pattern(pattern)
    assert raised.value.code == code


def test_arithmetic_writes_keys():
    """Computed integers are written where they are natural numbers, and nowhere else."""
    parts = parse_pattern("input_blocks.{3*i+j+1}.{(i-j)*2//1}.w")
    assert format_key(parts, {"i": 2, "j": 1}, ".") == "input_blocks.8.2.w"
    assert format_key(parts, {"i": 0, "j": 1}, ".") is None


def test_a_rest_speaks_both_separators():
    """A rest is segments, not text."""
    values = matcher("bert/{rest*}", "/").match("bert/a.b/c")
    assert format_key(parse_pattern("m.{rest*}"), values, ".") == "m.a.b.c"


@given(st.text(max_size=30))
def test_escape_is_literal(text):
    """Any text can be written as a pattern that takes it and nothing else."""
    if text:
        assert matcher(escape(text)).constant == text
        assert matcher(escape(text)).match(text) == {}


PARTS = st.sampled_from(["layers", "0", "7", "12", "{i}", "{x}", "{j:1..9}", "norm{k}", "q_{p:a|b}", "w", "blocks.3", "{2*i+1}"])
SEGMENTS = st.sampled_from(["layers", "0", "1", "7", "12", "norm3", "q_a", "w", "blocks", "x{y", "007", "3"])


@given(
    st.lists(PARTS, min_size=1, max_size=4),
    st.sampled_from(["", ".{rest*}", ".*"]),
    st.lists(st.lists(SEGMENTS, min_size=1, max_size=5), min_size=1, max_size=12),
)
def test_families_and_keys_agree(parts, end, keys):
    """Selecting by family takes the same keys, with the same values, as matching each key."""
    pattern = ".".join(parts) + end
    try:
        parsed = parse_pattern(pattern)
    except PatternError:
        return
    assert parse_pattern(print_parts(parsed)) == parsed
    spelt = list(dict.fromkeys(".".join(key) for key in keys))
    compiled = matcher(pattern)
    by_key = {key: values for key in spelt if (values := compiled.match(key)) is not None}
    chosen = Chosen([(0, compiled)])
    by_family = {}
    for family in fold(spelt, "."):
        for _, matched in chosen.of(family):
            columns = {name: matched.column(name) for name in matched.fragments}
            for at, key in enumerate(matched.keys):
                by_family[key] = {name: column[at] for name, column in columns.items()}
    assert set(by_family) == set(by_key)
    for key, values in by_family.items():
        if values:
            assert values == {name: str(value) for name, value in by_key[key].items()}
