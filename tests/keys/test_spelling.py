"""Keys have one reversible spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.keys import parse_token, spell, spell_token
from app.keys.tree import keyed

ATOMS = st.one_of(
    st.text(st.characters(codec=None, categories=None)),
    st.integers(),
    st.booleans(),
    st.none(),
    st.binary(),
    st.floats(allow_nan=False),
)
TOKENS = st.recursive(ATOMS, lambda inner: st.lists(inner, max_size=3).map(tuple), max_leaves=6)


@given(TOKENS)
def test_round_trip(token):
    """What was written is read back with its type."""
    back = parse_token(spell_token(token))
    assert back == token
    assert type(back) is type(token)


@given(st.lists(st.lists(TOKENS, min_size=1, max_size=3).map(tuple), unique_by=repr, max_size=8))
def test_keys_of_a_tree_are_never_alike(paths):
    """Two paths of one tree are never written alike."""
    unlike = {repr(path): path for path in paths}.values()
    spelt = keyed(unlike)
    assert len(set(spelt)) == len({_typed(path) for path in unlike})


def _typed(path):
    return repr(path)


@given(st.text())
def test_spelling_survives_utf8(token):
    """Whatever a key holds, its spelling can be written to a file."""
    spell_token(token).encode()


def test_plain_strings_stay_plain():
    """An ordinary key is written as it is."""
    assert spell(("layers.0.attn.weight",)) == "layers.0.attn.weight"
    assert spell(("state", 0, "exp_avg")) == "state.0.exp_avg"
    assert spell((0,)) == "~int:0"
    assert spell(("~x",)) == "~str:~x"
    assert keyed([("a", "b"), ("a.b",)]) == ['~tuple:["a","b"]', "a.b"]


@pytest.mark.parametrize("text", ["~", "~what:1", "~int:x", "~bool:maybe", "~none:0", "~bytes:0"])
def test_unknown_spellings_are_refused(text):
    """A spelling that is none of ours is an error, never a guess."""
    with pytest.raises(ValueError):
        parse_token(text)
