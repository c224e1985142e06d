"""Patterns that leave keys out, and patterns that cover chosen keys."""

from hypothesis import given
from hypothesis import strategies as st

from app.keys import KeyTree
from app.keys.tree import from_shapes
from app.mapping.matching import matcher
from app.services import covering, narrowing

KEYS = [f"layers.{i}.{part}.{leaf}" for i in range(5) for part in ("attn", "mlp") for leaf in ("weight", "bias")]


@given(left_out=st.sets(st.sampled_from(KEYS), min_size=1, max_size=6))
def test_what_is_left_out_is_left_out_and_nothing_else(left_out: set[str]) -> None:
    """Together the patterns match exactly the kept keys, each once."""
    kept = [key for key in KEYS if key not in left_out]
    found = narrowing.without("layers.{i}.{part}.{leaf}", kept, sorted(left_out), ".")
    if found is not None:
        hits = [key for pattern in found for key in KEYS if matcher(pattern, ".").match(key) is not None]
        assert sorted(hits) == sorted(kept)


def test_one_block_out_of_many_is_one_pattern() -> None:
    """A range says it."""
    keys = [f"b.{number}.w" for number in range(10)]
    assert narrowing.without("b.{i}.w", [key for key in keys if key != "b.3.w"], ["b.3.w"], ".") == ["b.{i:0..2|4..9}.w"]


def test_formulas_and_rests_are_not_taken_apart() -> None:
    """None: the caller does it otherwise."""
    assert narrowing.without("b.{i+1}.w", ["b.1.w"], ["b.2.w"], ".") is None
    assert narrowing.without("b.{rest*}", ["b.1"], ["b.2"], ".") is None


@given(chosen=st.sets(st.sampled_from([*KEYS, "head.weight", "head.bias", "*", "a{b}"]), min_size=1))
def test_chosen_keys_are_covered_exactly(chosen: set[str]) -> None:
    """No pattern reaches a key that was not chosen."""
    everything = [*KEYS, "head.weight", "head.bias", "*", "a{b}"]
    found = [matcher(pattern, ".") for pattern in covering.patterns(chosen, _tree(everything))]
    assert {key for key in everything if any(each.match(key) is not None for each in found)} == chosen


def test_a_module_and_a_family_are_one_pattern_each() -> None:
    """However many keys they have."""
    everything = _tree([*KEYS, "head.weight", "head.bias"])
    assert covering.patterns(["head.weight", "head.bias"], everything) == ["head.*"]
    assert covering.patterns([f"layers.{i}.attn.bias" for i in range(5)], everything) == ["layers.{i}.attn.bias"]


def _tree(keys: list[str]) -> KeyTree:
    return from_shapes(dict.fromkeys(keys, ((2,), "F32")))
