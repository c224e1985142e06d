"""Recipes and names that two code bases give two meanings: what is accepted must be right, and what cannot be known stays open."""

import pytest

from app.automap import propose
from app.automap.shapes import op_between
from tests.automap.test_namings import taken
from tests.automap.test_roles import linear, norm, tree, units_of


@pytest.mark.parametrize(("kernel", "weight"), [((3, 3, 32, 1), (32, 1, 3, 3)), ((5, 5, 96, 1), (96, 1, 5, 5))])
def test_a_depthwise_kernel_keeps_its_height_and_width(kernel, weight):
    """TensorFlow's (height, width, channels, 1) becomes torch's (channels, 1, height, width), not width before height."""
    assert op_between(kernel, weight) == ("permute", {"kind": "dims", "dims": [2, 3, 0, 1]})


def test_a_square_outside_the_blocks_stays_open_where_those_inside_are_turned():
    """Paddle turns every linear, GPT-2 those in its blocks: what a pooler of the same name is, its own shape does not say."""
    source, target = {}, {}
    for i in range(4):
        for name, out, into in (("q_proj", 8, 8), ("k_proj", 8, 8), ("v_proj", 8, 8), ("fc1", 32, 8), ("fc2", 8, 32)):
            holder = "self_attn." if name[1:] == "_proj" else ""
            source |= {f"layers.{i}.{holder}{name}.weight": (into, out), f"layers.{i}.{holder}{name}.bias": (out,)}
            target |= linear(f"encoder.layers.{i}.{holder}{name}", out, into)
    source |= linear("pooler.dense", 8, 8)
    target |= linear("pooler.dense", 8, 8)
    found = propose({"": tree(source)}, tree(target))
    assert found["encoder.layers.0.self_attn.q_proj.weight"].claim.op == "transpose"
    assert found["pooler.dense.weight"].claim.op == "transpose"
    assert not found["pooler.dense.weight"].accepted
    assert found["pooler.dense.bias"].accepted


def llama(fused, *, holder):
    """A Llama under the names of its reference code, its projections fused as `fused` or apart where that is empty."""
    shapes = {}
    for i in range(4):
        block = f"layers.{i}."
        if fused:
            shapes[f"{block}attention.{fused}.weight"] = (64, 32)
        else:
            shapes |= {f"{block}attention.w{x}.weight": (size, 32) for x, size in (("q", 32), ("k", 16), ("v", 16))}
        shapes |= {
            f"{block}{holder}.weight": (32, 32),
            f"{block}feed_forward.w1.weight": (96, 32),
            f"{block}feed_forward.w3.weight": (96, 32),
        }
        shapes |= {f"{block}feed_forward.w2.weight": (32, 96), f"{block}attention_norm.weight": (32,), f"{block}ffn_norm.weight": (32,)}
    return shapes


def test_wqkv_beside_wo_is_cut_by_nobody_but_a_person():
    """gpt-fast stacks what InternLM2 keeps by groups of heads, under the same names: not even the values are cut without a look."""
    found = propose({"": tree(llama("wqkv", holder="attention.wo"))}, tree(llama("", holder="attention.wo")))
    values = found["layers.2.attention.wv.weight"]
    assert values.claim.sources == ("layers.2.attention.wqkv.weight",)
    assert not values.accepted
    assert [reason.code for reason in values.reasons][-1] == "doubt-fused-layout"
    assert found["layers.2.feed_forward.w1.weight"].accepted


def test_tensorrts_gate_is_no_gate():
    """TensorRT-LLM activates `fc` and multiplies with `gate`: its `gate` is what others call `up_proj`."""
    names = {"fc": "gate_proj", "gate": "up_proj", "proj": "down_proj"}
    sizes = {"fc": (96, 32), "gate": (96, 32), "proj": (32, 96)}
    source, target = {}, {}
    for i in range(3):
        for ours, theirs in names.items():
            source[f"transformer.layers.{i}.mlp.{ours}.weight"] = sizes[ours]
            target[f"model.layers.{i}.mlp.{theirs}.weight"] = sizes[ours]
    found = propose({"": tree(source)}, tree(target))
    for ours, theirs in names.items():
        assert found[f"model.layers.1.mlp.{theirs}.weight"].claim.sources == (f"transformer.layers.1.mlp.{ours}.weight",)


def decoder(norms):
    """The blocks of a decoder: own attention, attention to an encoder, a feed-forward, and norms by these names."""
    shapes = {}
    for i in range(3):
        for attention in ("self_attn", "cross_attn"):
            for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
                shapes |= linear(f"layers.{i}.{attention}.{name}", 8, 8)
        shapes |= linear(f"layers.{i}.feed_forward.w_1", 32, 8) | linear(f"layers.{i}.feed_forward.w_2", 8, 32)
        for name in norms:
            shapes |= norm(f"layers.{i}.{name}", 8)
    return shapes


@pytest.mark.parametrize(
    "norms",
    [
        ("norm1", "norm2", "norm3"),
        ("norm1", "norm_cross_attn", "norm2"),
        ("layer_norm_1", "layer_norm_2", "feed_forward.layer_norm"),
    ],
)
def test_three_norms_of_a_decoder_by_what_is_named_and_what_is_counted(norms):
    """Counted through; cross attention's by name and the others counted; the feed-forward's kept inside it."""
    units = units_of(decoder(norms))
    assert [units[f"layers.0.{name}"].role for name in norms] == ["norm.attn", "norm.cross", "norm.mlp"]
    third = norms[-1]
    assert taken(decoder(("norm1", "norm2", "norm3")), decoder(norms))[f"layers.1.{third}.weight"] == ("layers.1.norm3.weight",)


def test_what_stands_in_no_module_is_not_the_only_one_of_its_shape():
    """Modules on the topmost level hold nothing: three of one size there are three, not each the only one of a block."""
    source = {key: shape for name in ("first_bn", "second_bn", "third_bn") for key, shape in norm(name, 8).items()}
    target = {key: shape for name in ("bn_a", "bn_b", "bn_c") for key, shape in norm(name, 8).items()}
    found = propose({"": tree(source)}, tree(target))
    said = {reason.code for each in found.values() for reason in each.reasons}
    assert said
    assert "only-shape-in-block" not in said
