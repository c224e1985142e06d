"""The nested lines of one checkpoint, and its treemap as it is drawn."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.keys import KeyTree, TensorInfo
from app.keys.tree import from_shapes
from app.viewing.branches import LISTED, Branches, Line
from app.viewing.map import squares, trail, within
from app.viewing.outline import outline

keys = st.lists(
    st.lists(st.sampled_from(["a", "b", "0", "1", "2", "", "<i>"]), min_size=1, max_size=5).map(".".join), unique=True, max_size=40
)


def tree_of(names: list[str]) -> KeyTree:
    """A tree of small tensors."""
    return from_shapes(dict.fromkeys(names, ((2, 3), "F32")))


def leaves(lines: tuple[Line, ...], branches: Branches) -> int:
    """Tensors at the end of all lines, those fetched later included."""
    count = 0
    for line in lines:
        below = line.below if line.leaf or line.below is not None else branches.below(line.node).lines
        count += line.keys if line.leaf else leaves(below or (), branches)
    return count


@given(keys, st.integers(0, 60))
def test_every_tensor_is_reached_once(names: list[str], opened: int) -> None:
    """Opening everything shows all keys, whatever stood open at first; bytes add up."""
    tree = tree_of(names)
    branches = Branches(tree, outline(tree))
    top = branches.below(0, opened)
    assert leaves(top.lines, branches) == len(names)
    assert sum(line.keys for line in top.lines) == len(names)
    assert sum(line.nbytes for line in top.lines) == tree.nbytes


def test_tied_tensors_weigh_once() -> None:
    """The second key of a tensor is named as such, and adds nothing."""
    info = TensorInfo((4,), "F32")
    tree = KeyTree("x", {"a.w": info, "b.w": TensorInfo((4,), "F32", alias="a.w")})
    lines = Branches(tree, outline(tree)).below(0, 10).lines
    assert [(line.nbytes, line.tied) for line in lines] == [(16, ""), (0, "a.w")]


def test_long_lists_and_long_keys_are_cut() -> None:
    """What is left off is counted."""
    tree = from_shapes({f"k{number}": ((number + 1,), "F32") for number in range(LISTED + 7)} | {"x" * 5000: ((1,), "F32")})
    branches = Branches(tree, outline(tree))
    shown = branches.below(0, 60)
    assert (len(shown.lines), shown.more) == (LISTED, 8)
    found = branches.found("x")
    assert found is not None
    assert len(found.lines[0].title) < 500
    with pytest.raises(IndexError):
        branches.below(10_000)


@given(keys)
def test_the_map_stays_in_its_frame(names: list[str]) -> None:
    """All rectangles lie within; the outer ones hold everything; a path that is given leads to tensors."""
    tree = tree_of(names)
    drawn = squares(tree, "bytes")
    assert all(box.x >= 0 and box.x + box.width <= 100.01 and box.y + box.height <= 100.01 for box in drawn)
    outer = [box for box in drawn if box.outer]
    assert sum(box.weight for box in outer) == tree.nbytes
    for box in drawn:
        assert not box.path or len(within(tree, box.path).tensors) >= 1


def test_a_wrapper_around_everything_is_left_out() -> None:
    """One goes deeper until there is something to see."""
    tree = from_shapes({f"model.layers.{number}.{name}": ((8, 8), "F32") for number in range(30) for name in ("q", "k")})
    assert len([box for box in squares(tree, "parameters") if box.outer]) == 30
    assert trail("model.layers", ".") == (("model", "model"), ("layers", "model.layers"))


def test_what_is_not_plain_is_said_on_its_line() -> None:
    """Strides, layouts and notes; of a run of equal ones only what is so for all of them."""
    tensors = {f"layers.{number}.w": TensorInfo((2, 3), "F32", stride=(1, 2)) for number in range(3)}
    tensors |= {f"layers.{number}.b": TensorInfo((3,), "F32", stride=(2,) if number else None) for number in range(3)}
    tensors["packed"] = TensorInfo((2, 3), "QINT8", layout="quantized", note="per_tensor_affine\n")
    tree = KeyTree("torch-zip", tensors)
    lines = Branches(tree, outline(tree)).below(0, 60).lines
    told = {part.text: (line.odd, line.strides) for line in (*(lines[0].below or ()), lines[1]) for part in line.parts[:1]}
    assert told == {"w": ("", "1, 2"), "b": ("", ""), "packed": ("quantized, per_tensor_affine\ufffd", "")}
