"""What differs between two trees."""

from hypothesis import given, settings
from hypothesis import strategies as st

from app.keys import KeyTree, TensorInfo
from app.keys.difference import Difference, Reshaped, Retied, Retyped, difference, inverse

KEYS = st.sampled_from([f"layers.{i}.{part}" for i in range(3) for part in ("weight", "bias")] + ["head", "~int:0"])


@st.composite
def trees(draw):
    """Small trees with ties."""
    keys = draw(st.lists(KEYS, unique=True, max_size=8))
    tensors = {}
    for index, key in enumerate(keys):
        first = draw(st.sampled_from([None, *[each for each in keys[:index] if tensors[each].alias is None]]))
        if first is None:
            tensors[key] = TensorInfo(draw(st.sampled_from([(2, 3), (3, 2), (), None])), draw(st.sampled_from(["F32", "BF16"])))
        else:
            tensors[key] = TensorInfo(tensors[first].shape, tensors[first].dtype, alias=first)
    return KeyTree("test", tensors)


def tree(**tensors):
    """A tree from key -> info."""
    return KeyTree("test", tensors)


def test_each_kind_of_difference():
    """Keys of one side, shapes, types and ties are told apart, each in listing order."""
    before = tree(
        a=TensorInfo((2,), "F32"),
        b=TensorInfo((2,), "F32"),
        c=TensorInfo((2,), "F32", alias="b"),
        d=TensorInfo((), "I64"),
        e=TensorInfo((1,), "F32"),
    )
    after = tree(
        b=TensorInfo((3,), "F32"), a=TensorInfo((2,), "BF16"), c=TensorInfo((2,), "F32"), d=TensorInfo((), "I64"), f=TensorInfo((1,), "F32")
    )
    assert difference(before, after) == Difference(
        removed=("e",),
        added=("f",),
        reshaped=(Reshaped("b", (2,), (3,)),),
        retyped=(Retyped("a", "F32", "BF16"),),
        retied=(Retied("b", ("c",), ()), Retied("c", ("b",), ())),
        alike=1,
        reordered=True,
    )


def test_ties_do_not_depend_on_which_key_comes_first():
    """A group of tied keys is the same group in whatever order its file lists them; a key that is gone is only a key that is gone."""
    info, tied = TensorInfo((2,), "F32"), lambda key: TensorInfo((2,), "F32", alias=key)
    before = tree(x=info, y=tied("x"), z=tied("x"))
    assert difference(before, tree(z=info, y=tied("z"), x=tied("z"))).same
    assert difference(before, tree(z=info, y=tied("z"))) == Difference(removed=("x",), alike=2, reordered=True)


def test_order_counts_only_where_files_carry_one():
    """Safetensors files are sorted by name: their order says nothing."""
    info = TensorInfo((2,), "F32")
    before, after = tree(a=info, b=info), KeyTree("safetensors", {"b": info, "a": info}, ordered=False)
    assert not difference(before, after).reordered
    assert difference(before, tree(b=info, a=info)).reordered
    assert difference(before, tree(b=info, a=info)).same


@settings(deadline=None)
@given(trees())
def test_nothing_differs_from_itself(found):
    """A tree is alike in all its keys."""
    assert difference(found, found) == Difference(alike=len(found.tensors))


@settings(deadline=None)
@given(trees(), trees())
def test_the_way_back_is_the_inverse(before, after):
    """Swapping the trees swaps the difference, up to order."""

    def unordered(found):
        return [frozenset(getattr(found, name)) for name in ("removed", "added", "reshaped", "retyped", "retied")] + [
            found.alike,
            found.reordered,
        ]

    assert unordered(difference(after, before)) == unordered(inverse(difference(before, after)))
    assert difference(before, after).same == difference(after, before).same
