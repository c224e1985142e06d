"""Torch and the evaluation agree on every key, or the check says where not."""

import msgspec
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from app.checking import TorchWords, verdict
from app.checking.trying import check, loaded, remapped_outlines, stand_in
from app.keys import KeyTree
from app.keys.tree import from_shapes
from app.mapping import evaluate, parse_plan
from tests.exporting.cases import tree_of


class Net(nn.Module):
    """Has a tie, a norm with a counter, and a head."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(5, 4)
        self.norm = nn.BatchNorm1d(4)
        self.head = nn.Linear(4, 2)
        self.out = nn.Linear(4, 5, bias=False)
        self.out.weight = self.embed.weight


def net_tree() -> KeyTree:
    """Return the keys of `Net`, with its tie."""
    tree = tree_of(Net().state_dict())
    tensors = dict(tree.tensors) | {"out.weight": msgspec.structs.replace(tree.tensors["out.weight"], alias="embed.weight")}
    return msgspec.structs.replace(tree, tensors=tensors)


PLAN = 'keygraft_plan 1\nrename strip_prefix "module."\ninit "head.*" with model\n'


def test_a_finished_plan_passes() -> None:
    """What is fresh or benign may be missing; all else loads, in the model itself and in its stand-in."""
    source = from_shapes(
        {
            f"module.{key}": (tuple(value.shape), "F32")
            for key, value in Net().state_dict().items()
            if key[:4] != "head" and "tracked" not in key
        }
    )
    target = net_tree()
    evaluation = evaluate(parse_plan(PLAN), {"": source}, target)
    for model in (None, Net()):
        found = check(evaluation, {"": source}, target, model)
        assert found.passed, found
        assert "Missing key(s)" in found.words.message
        assert set(found.words.missing) <= {"head.weight", "head.bias", "norm.num_batches_tracked"}


@pytest.mark.parametrize(
    ("shape", "wanted", "fits"), [((1,), (), True), ((3,), (), False), ((), (1,), False), ((2, 2), (4,), False), ((4,), (4,), True)]
)
def test_shapes_fit_as_torch_says(shape: tuple[int, ...], wanted: tuple[int, ...], fits: bool) -> None:
    """Odd shapes: the evaluation says what torch says."""
    sources, target = {"": from_shapes({"a": (shape, "F32")})}, from_shapes({"a": (wanted, "F32")})
    found = check(evaluate(parse_plan("keygraft_plan 1\n"), sources, target), sources, target)
    assert found.disagreements == ()
    assert found.passed is fits
    assert ("size mismatch" in found.words.message) is not fits


_KEY = st.lists(st.sampled_from(["a", "b", "0", "weight", "x y"]), min_size=1, max_size=3).map(".".join)
_SHAPES = st.dictionaries(_KEY, st.lists(st.integers(0, 3), max_size=2).map(tuple), max_size=6)


@given(_SHAPES, _SHAPES)
def test_torch_and_we_agree(old: dict[str, tuple[int, ...]], new: dict[str, tuple[int, ...]]) -> None:
    """Whatever two sets of keys: no key of which torch says something else. A key that is also a module is left out."""
    new = {key: shape for key, shape in new.items() if not any(other.startswith(key + ".") for other in new)}
    sources = {"": from_shapes({key: (shape, "F32") for key, shape in old.items()})}
    target = from_shapes({key: (shape, "F32") for key, shape in new.items()})
    found = check(evaluate(parse_plan("keygraft_plan 1\n"), sources, target), sources, target)
    assert found.disagreements == ()


def test_a_disagreement_is_named() -> None:
    """A model that is not what its tree says is found out."""
    target = from_shapes({"embed.weight": ((5, 4), "F32"), "more": ((2,), "F32")})
    evaluation = evaluate(parse_plan("keygraft_plan 1\n"), {"": target}, target)
    found = check(evaluation, {"": target}, target, Net())
    assert not found.passed
    assert [(each.key, each.torch) for each in found.disagreements] == [("more", "unexpected")]
    assert verdict(evaluation, TorchWords("", ("embed.weight",))).disagreements[0].torch == "missing"


def test_stand_ins_are_built_without_data() -> None:
    """The stand-in lies on meta, keeps ties, and takes integers as buffers."""
    model = stand_in(net_tree())
    assert model.get_parameter("out.weight") is model.get_parameter("embed.weight")
    assert all(tensor.is_meta for tensor in model.state_dict().values())
    assert isinstance(model.get_buffer("norm.num_batches_tracked"), torch.Tensor)
    assert loaded(model, {key: value.clone() for key, value in model.state_dict().items()}) == TorchWords()
    assert remapped_outlines(evaluate(parse_plan("keygraft_plan 1\n"), {"": net_tree()}, net_tree()), {"": net_tree()})["head.bias"].is_meta
