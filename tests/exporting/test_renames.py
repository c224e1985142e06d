"""The table of prefixes names every key that it covers rightly, and touches no other."""

import re

from hypothesis import given
from hypothesis import strategies as st

from app.exporting.renames import rename, rename_table

_KEY = st.lists(st.sampled_from(["a", "b.c", "0", "1", "module", "x+", "\\1", "w"]), min_size=1, max_size=4).map(".".join)


@given(st.dictionaries(_KEY, _KEY, max_size=12), st.frozensets(_KEY, max_size=3))
def test_what_the_table_covers_is_right(pairs: dict[str, str], skipped: frozenset[str]) -> None:
    """Each covered target is reached from its source by the first pattern that matches."""
    table = rename_table(pairs, skipped)
    compiled = [(re.compile(pattern, re.ASCII), replacement) for pattern, replacement in table.rows]
    right = {new for old, new in pairs.items() if old not in skipped and rename(compiled, old) == new}
    assert table.covers == right


def test_a_wrapper_is_one_pattern() -> None:
    """A prefix on every key is one row."""
    pairs = {f"module.layer{a}.{b}.conv.weight": f"layer{a}.{b}.conv.weight" for a in range(4) for b in range(2)}
    table = rename_table(pairs, frozenset())
    assert table.rows == (("module\\.", ""),)
    assert table.covers == frozenset(pairs.values())


def test_layers_keep_their_number() -> None:
    """A renamed module inside numbered layers is one row for all layers."""
    pairs = {f"blocks.{i}.mlp.fc1.{p}": f"layers.{i}.ffn.up.{p}" for i in range(12) for p in ("weight", "bias")}
    pairs |= {f"blocks.{i}.norm.{p}": f"layers.{i}.norm.{p}" for i in range(12) for p in ("weight", "bias")}
    assert rename_table(pairs, frozenset()).rows == ((r"blocks\.(\d+)\.mlp\.fc1\.", r"layers.\1.ffn.up."), (r"blocks\.", "layers."))
