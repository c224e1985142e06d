"""What code bases beside torch call parameters, and how they count the layers of a residual block."""

import pytest

from app.automap import folding, propose, roles
from app.automap.flatnames import nest
from app.automap.folding import separator_of, trie
from app.automap.vocabulary import VOCABULARY
from app.keys.tree import from_shapes
from tests.automap.test_roles import linear, tree, units_of


@pytest.mark.parametrize(
    ("keys", "path", "params"),
    [
        (("conv1/weights", "conv1/biases"), "conv1", {"weight", "bias"}),
        (("bn.weight", "bn.bias", "bn._mean", "bn._variance"), "bn", {"weight", "bias", "mean", "var"}),
        (("attn/query_w", "attn/key_w"), "attn.query", {"weight"}),
        (("attn/gating_w", "attn/gating_b"), "attn.gating", {"weight", "bias"}),
        (("self.Wq", "self.bq", "self.Wk", "self.bk"), "self.q", {"weight", "bias"}),
        (("self.Wq", "self.Wk"), "self.Wq", {"weight"}),
        (("bn.s", "bn.b"), "bn", {"weight", "bias"}),
    ],
)
def test_parameters_by_the_names_of_other_code_bases(keys, path, params):
    """TF-slim, Paddle, Haiku, Marian and Caffe2: each name is a parameter of the module that it belongs to."""
    assert set(units_of(dict.fromkeys(keys, (8,)))[path].params) == params


def test_a_module_without_a_weight_is_found_in_any_order():
    """A convolution whose weight is parametrized has three parameters: which is listed first says nothing."""
    keys = {
        "pos_conv.parametrizations.weight.original0": (1, 1, 16),
        "pos_conv.parametrizations.weight.original1": (96, 24, 16),
        "pos_conv.bias": (96,),
    }
    other = dict(reversed([("encoder." + key, shape) for key, shape in keys.items()]))
    found = propose({"": tree(keys)}, tree(other))
    assert {key: each.claim.sources for key, each in found.items()} == {"encoder." + key: (key,) for key in keys}


def residual(names, *, wide=64, into=32):
    """Two bottlenecks under the names of `names`: role -> (convolution, norm), `shortcut` in the first of them only."""
    sizes = {"conv1": (16, into, 1, 1), "conv2": (16, 16, 3, 3), "conv3": (wide, 16, 1, 1), "shortcut": (wide, into, 1, 1)}
    shapes = {}
    for at in (0, 1):
        for role, (conv, norm) in names.items():
            if role == "shortcut" and at:
                continue
            out, taken, *kernel = sizes[role]
            taken = wide if at and role == "conv1" else taken
            shapes[conv.format(at) + ".weight"] = (out, taken, *kernel)
            shapes |= {f"{norm.format(at)}.{part}": (out,) for part in ("weight", "bias", "running_mean", "running_var")}
    return shapes


NAMINGS = {
    "pycls": {
        "conv1": ("s1.b{}.f.a", "s1.b{}.f.a_bn"),
        "conv2": ("s1.b{}.f.b", "s1.b{}.f.b_bn"),
        "conv3": ("s1.b{}.f.c", "s1.b{}.f.c_bn"),
        "shortcut": ("s1.b{}.proj", "s1.b{}.bn"),
    },
    "paddle": {
        "conv1": ("blocks.{}.conv0.conv", "blocks.{}.conv0.bn"),
        "conv2": ("blocks.{}.conv1.conv", "blocks.{}.conv1.bn"),
        "conv3": ("blocks.{}.conv2.conv", "blocks.{}.conv2.bn"),
        "shortcut": ("blocks.{}.short.conv", "blocks.{}.short.bn"),
    },
}


@pytest.mark.parametrize("naming", NAMINGS)
def test_layers_of_a_residual_block_are_counted_with_letters_and_from_zero(naming):
    """`a, a_bn` with what is left as the bridge; `conv0, conv1, conv2`: roles are those of `conv1, conv2, conv3`."""
    units = units_of(residual(NAMINGS[naming]))
    for role, (conv, norm) in NAMINGS[naming].items():
        assert units[conv.format(0)].role == role
        assert units[norm.format(0)].role == ("shortcut.norm" if role == "shortcut" else "after." + role)


def keras(name, into, out, size):
    """A convolution as Keras keeps it, and its norm: flat names, (height, width, in, out)."""
    norm = {f"{name}_bn/{part}": (out,) for part in ("gamma", "beta", "moving_mean", "moving_variance")}
    return {f"{name}_conv/kernel": (size, size, into, out), **norm}


def by_path(shapes):
    """The units of one side after flat names became levels, by dotted path."""
    made = from_shapes({key: (shape, "F32") for key, shape in shapes.items()})
    found = folding.units(trie(made), separator_of(made), "")
    nest(found)
    roles.assign(found, VOCABULARY)
    return {".".join(unit.path): unit for unit in found}


def test_keras_leads_past_a_block_with_layer_zero():
    """`conv2_block1_0_conv` bridges the block that `1`, `2` and `3` make; a block without it begins with `1` all the same."""
    shapes = {}
    for stage, block, into in ((stage, block, into) for stage in (2, 3, 4) for block, into in ((1, 32), (2, 64))):
        stem = f"conv{stage}_block{block}_"
        shapes |= keras(stem + "0", into, 64, 1) if block == 1 else {}
        shapes |= keras(stem + "1", into, 16, 1) | keras(stem + "2", 16, 16, 3) | keras(stem + "3", 16, 64, 1)
    units = by_path(shapes)
    assert units["conv2.block1.0.conv"].role == "shortcut"
    assert [units[f"conv2.block{block}.{at}.conv"].role for block in (1, 2) for at in (1, 2, 3)] == ["conv1", "conv2", "conv3"] * 2
    assert units["conv2.block2.3.bn"].role == "after.conv3"


def test_a_letter_behind_a_number_counts_blocks():
    """EfficientNet's `block2a`, `block2b` are the first and second of stage 2; its kernels end with (in, out), a depthwise one with (channels, 1)."""
    shapes = {}
    for stage, into in ((2, 16), (3, 24), (4, 24)):
        for letter in "ab":
            stem, wide = f"block{stage}{letter}_", 96
            shapes |= {f"{stem}expand_conv/kernel": (1, 1, into, wide), f"{stem}dwconv/depthwise_kernel": (3, 3, wide, 1)}
            shapes[f"{stem}project_conv/kernel"] = (1, 1, wide, 24)
            for norm, size in (("expand_bn", wide), ("bn", wide), ("project_bn", 24)):
                shapes |= {f"{stem}{norm}/{part}": (size,) for part in ("gamma", "beta", "moving_mean", "moving_variance")}
    units = by_path(shapes)
    assert units["block2.0.dwconv"].role == "mb.dw"
    assert units["block2.1.bn"].role == "mb.dw.norm"
    assert units["block3.1.expand_bn"].role == "mb.expand.norm"
    assert units["block3.0.project_conv"].role == "mb.project"


def test_a_square_linear_named_w_is_no_weight_by_its_letter_alone():
    """`W1` without `b1` stays a module of its own: a letter is a parameter only beside the other."""
    units = units_of({**linear("ffn.out", 8, 8), "ffn.W1": (8, 32)})
    assert "ffn.W1" in units


def test_keras_expand_is_no_feed_forward():
    """MobileNetV2's `block_1_expand` widens before a depthwise convolution: it is a step of an inverted block, as are its norms."""
    shapes = {}
    for block in (1, 2, 3):
        stem = f"block_{block}_"
        shapes |= {
            f"{stem}expand/kernel": (1, 1, 16, 96),
            f"{stem}depthwise/depthwise_kernel": (3, 3, 96, 1),
            f"{stem}project/kernel": (1, 1, 96, 16),
        }
        for norm, size in (("expand_BN", 96), ("depthwise_BN", 96), ("project_BN", 16)):
            shapes |= {f"{stem}{norm}/{part}": (size,) for part in ("gamma", "beta", "moving_mean", "moving_variance")}
    units = by_path(shapes)
    assert [units[f"block_2.{name}"].role for name in ("expand", "depthwise", "project")] == ["mb.expand", "mb.dw", "mb.project"]
    assert [units[f"block_2.{name}_BN"].role for name in ("expand", "depthwise")] == ["mb.expand.norm", "mb.dw.norm"]


def stem(first, second, bn):
    """A first convolution and a depthwise one of as many channels, each with its batch norm: keys of one side by these names."""
    kernels = {f"{first}/kernel": (3, 3, 3, 32), f"{second}/depthwise_kernel": (3, 3, 32, 1)}
    return kernels | {f"{name}/{part}": (32,) for name in bn for part in ("gamma", "beta", "moving_mean", "moving_variance")}


def test_a_norm_that_is_called_after_the_first_convolution_is_its_own():
    """Keras writes all on one level: of two norms of one size, `bn_Conv1` is that of `Conv1`."""
    units = by_path(stem("Conv1", "expanded_conv_depthwise", ("bn_Conv1", "expanded_conv_depthwise_BN")))
    assert units["bn_Conv1"].role == "stem.norm"
    assert units["expanded_conv_depthwise_BN"].role != "stem.norm"
