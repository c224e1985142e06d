"""Key trees as documents: what was dumped is loaded again, whatever the keys are."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.keys import FileInfo, ForeignGlobal, KeyTree, Location, ModuleInfo, TensorInfo, TreeOffer, Warned
from app.keys.documents import dump_tree, load_tree, tree_to_json

TOKENS = st.recursive(
    st.one_of(
        st.text(max_size=5), st.integers(-(10**30), 10**30), st.booleans(), st.none(), st.binary(max_size=4), st.floats(allow_nan=False)
    ),
    lambda inner: st.lists(inner, max_size=2).map(tuple),
    max_leaves=3,
)
SHAPES = st.one_of(st.none(), st.lists(st.integers(0, 2**40), max_size=4).map(tuple))
TENSORS = st.builds(
    TensorInfo,
    shape=SHAPES,
    dtype=st.sampled_from(["F32", "BF16", "Q4_K", "UNKNOWN"]),
    path=st.lists(TOKENS, max_size=3).map(tuple),
    where=st.one_of(st.none(), st.builds(Location, st.integers(0, 9), st.integers(0, 2**60), st.integers(0, 2**60), st.text(max_size=4))),
    stride=SHAPES,
    alias=st.one_of(st.none(), st.just("a")),
    kind=st.sampled_from([None, "parameter", "buffer"]),
    layout=st.sampled_from(["strided", "sparse_coo"]),
    requires_grad=st.sampled_from([None, True, False]),
    note=st.sampled_from(["", "conj"]),
)
TREES = st.builds(
    KeyTree,
    format=st.just("torch-zip"),
    tensors=st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=8), TENSORS, max_size=5),
    nesting=st.lists(TOKENS, max_size=2).map(tuple),
    separator=st.sampled_from([".", "/"]),
    files=st.just((FileInfo("a.pt", 7, "x"),)),
    other=st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=4), st.just("3"), max_size=2),
    globals=st.just((ForeignGlobal("acme.Net", 2, "unknown"),)),
    warnings=st.just((Warned("crc", {"entry": "x", "count": 1}),)),
    offers=st.lists(
        st.builds(TreeOffer, st.lists(TOKENS, max_size=2).map(tuple), st.integers(0, 9), st.integers(0, 99), st.just("ema")), max_size=2
    ).map(tuple),
    modules=st.just({"": ModuleInfo("acme.Net", "torch.nn.Module", {"heads": 8, "sizes": [1, 2]})}),
    metadata=st.just({"format": "pt"}),
    ordered=st.booleans(),
    bytes_read=st.integers(0, 9),
)


@given(TREES)
def test_dumping_and_loading_are_inverse(tree: KeyTree) -> None:
    """Every field, tokens of every type included."""
    again = load_tree(dump_tree(tree))
    assert again == tree
    assert repr(again) == repr(tree)


def test_another_version_is_refused() -> None:
    """A form that is not ours does not load halfway."""
    with pytest.raises(msgspec.ValidationError, match="length"):
        load_tree(b"\x90")


def test_json_tells_shared_memory() -> None:
    """The same view is an alias; another view of the same storage says so."""
    where = Location(0, 0, 16, "0")
    tensors = {
        "a": TensorInfo((2, 2), "F32", where=where),
        "tied": TensorInfo((2, 2), "F32", where=where, alias="a"),
        "row": TensorInfo((2,), "F32", where=Location(0, 8, 8, "0")),
    }
    found = tree_to_json(KeyTree("torch-zip", tensors))["tensors"]
    assert found["a"] == {"shape": [2, 2], "dtype": "F32"}
    assert found["tied"] == {"shape": [2, 2], "dtype": "F32", "alias_of": "a"}
    assert found["row"] == {"shape": [2], "dtype": "F32", "alias_of": "a", "view": True}
