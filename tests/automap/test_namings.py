"""Ways of naming that code of the field has, each in a small tree of its own."""

import pytest

from app.automap import propose
from app.automap.folding import separator_of
from app.automap.projections import normed, projected
from tests.automap.test_roles import linear, norm, tree, units_of


def taken(source, target):
    """Target key -> source keys, of what is accepted."""
    found = propose({"": tree(source)}, tree(target))
    return {key: each.claim.sources for key, each in found.items() if each.accepted and each.claim is not None}


def test_a_dot_inside_a_name_does_not_part_a_path_of_slashes():
    """`text/resblocks.0/attn/key/kernel` is four levels and a kernel; a dotted file with one slash in it stays dotted."""
    assert separator_of(tree({"text/resblocks.0/attn/key/kernel": (8, 8), "text/ln/scale": (8,)})) == "/"
    assert separator_of(tree({"layers.0.attn/key.weight": (8, 8), "layers.0.norm.weight": (8,)})) == "."
    assert separator_of(tree({"a/b": (8,), "c.d": (8,)})) == "."


def test_a_model_whose_name_ends_with_a_number_is_no_block():
    """`blip2` holds all there is: the norm behind its layers is outside of all blocks, one of `layer1, layer2` is not."""
    units = units_of({**norm("blip2.post_layernorm", 8), **linear("blip2.proj", 8, 16), **norm("layer1.bn", 8), **norm("layer2.bn", 8)})
    assert units["blip2.post_layernorm"].block == ()
    assert units["blip2.post_layernorm"].role == "finalnorm"
    units = units_of({f"{layer}.{part}.weight": (8, size) for layer in ("layer1", "layer2") for part, size in (("fc", 9), ("out", 7))})
    assert units["layer1.fc"].block == ("layer1",)


def test_flax_counts_its_attention():
    """`MultiHeadDotProductAttention_0` is a step of the block that holds it: the two norms beside it have their places."""
    block = "encoderblock_{0}."
    shapes = {}
    for at in (0, 1):
        own = block.replace("{0}", str(at))
        for name in ("query", "key", "value", "out"):
            shapes |= linear(f"{own}MultiHeadDotProductAttention_0.{name}", 8, 8)
        shapes |= linear(f"{own}MlpBlock_0.Dense_0", 32, 8) | linear(f"{own}MlpBlock_0.Dense_1", 8, 32)
        shapes |= norm(f"{own}LayerNorm_0", 8) | norm(f"{own}LayerNorm_1", 8)
    units = units_of(shapes)
    assert units["encoderblock_0.LayerNorm_0"].role == "norm.attn"
    assert units["encoderblock_0.LayerNorm_1"].role == "norm.mlp"


def test_what_comes_first_in_a_decoder_attends_to_itself():
    """Two attentions that only ordinals tell apart: the first sub-layer's is the decoder's own, the second's looks at the encoder."""
    shapes = {}
    for place in ("first", "second"):
        for name in ("query_net", "key_net", "value_net", "out_projection"):
            shapes |= linear(f"layers.0.{place}_sub_layer.{name}", 8, 8)
    units = units_of(shapes | {key.replace("layers.0", "layers.1"): shape for key, shape in shapes.items()})
    assert units["layers.0.first_sub_layer.key_net"].role == "self.k"
    assert units["layers.0.second_sub_layer.key_net"].role == "cross.k"
    assert units["layers.0.second_sub_layer.out_projection"].role == "cross.out"


def test_of_three_norms_the_one_without_a_word_is_the_feed_forwards():
    """`self_attn_layer_norm`, `cross_attn_layer_norm` and `layer_norm`: what is left stands at the end."""
    shapes = linear("layers.0.self_attn.q_proj", 8, 8) | linear("layers.0.self_attn.k_proj", 8, 8)
    for name in ("layer_norm", "cross_attn_layer_norm", "self_attn_layer_norm"):
        shapes |= norm(f"layers.0.{name}", 8)
    units = units_of(shapes)
    roles = [units[f"layers.0.{name}"].role for name in ("self_attn_layer_norm", "cross_attn_layer_norm", "layer_norm")]
    assert roles == ["norm.attn", "norm.cross", "norm.mlp"]


def test_a_norm_that_moved_into_the_feed_forward_keeps_its_place():
    """Three norms, the last of them inside `mlp` on one side: none of the others takes its part."""

    def block(last):
        shapes = {f"layers.{at}.self_attn.{name}.weight": (8, 8) for at in range(2) for name in ("q_proj", "k_proj", "v_proj")}
        return shapes | {
            f"layers.{at}.{name}.weight": (8,) for at in range(2) for name in ("input_layernorm", "post_attention_layernorm", last)
        }

    flat, moved = units_of(block("post_mlp_layernorm")), units_of(block("mlp.post_mlp_layernorm"))
    middle = "layers.0.post_attention_layernorm"
    assert flat["layers.0.post_mlp_layernorm"].role == moved["layers.0.mlp.post_mlp_layernorm"].role == "norm.mlp"
    assert flat[middle].role == moved[middle].role != "norm.mlp"


def residual(form, norm_form, size=64, mid=16):
    """Two residual blocks whose first two norms are of one size."""
    shapes = {}
    for block in (0, 1):
        sizes = ((mid, size, 1, 1), (mid, mid, 3, 3), (size, mid, 1, 1))
        for at, shape in enumerate(sizes):
            shapes[form.format(block=block, at=at, one=at + 1) + ".weight"] = shape
            for name in ("weight", "bias", "running_mean", "running_var"):
                shapes[norm_form.format(block=block, at=at, one=at + 1) + "." + name] = (shape[0],)
    return shapes


@pytest.mark.parametrize("backwards", [False, True])
def test_layers_of_a_residual_block_are_its_convolutions(backwards):
    """`layer.0.convolution` with `layer.0.normalization` is what others call `conv1` and `bn1`, whatever the listing."""
    listed = residual("layer1.{block}.conv{one}", "layer1.{block}.bn{one}")
    nested = residual("stages.0.layers.{block}.layer.{at}.convolution", "stages.0.layers.{block}.layer.{at}.normalization")
    if backwards:
        nested = dict(sorted(nested.items(), reverse=True))
    found = taken(listed, nested)
    for block in (0, 1):
        for at in range(3):
            key = f"stages.0.layers.{block}.layer.{at}.normalization.running_mean"
            assert found[key] == (f"layer1.{block}.bn{at + 1}.running_mean",)


def test_three_short_convolutions_become_one():
    """A linear attention's `q_conv1d`, `k_conv1d`, `v_conv1d` are joined, in that order, for code that has one `conv1d`."""
    source, target = {}, {}
    for at in range(2):
        for name in ("q", "k", "v"):
            source |= {f"layers.{at}.linear_attn.{name}_conv1d.weight": (24, 1, 4)} | linear(f"layers.{at}.linear_attn.{name}_proj", 24, 8)
            target |= linear(f"model.layers.{at}.linear_attn.{name}_proj", 24, 8)
        target[f"model.layers.{at}.linear_attn.conv1d.weight"] = (72, 1, 4)
    claim = propose({"": tree(source)}, tree(target))["model.layers.1.linear_attn.conv1d.weight"].claim
    assert claim is not None
    assert (claim.op, claim.args) == ("concat", {"dim": 0})
    assert claim.sources == tuple(f"layers.1.linear_attn.{name}_conv1d.weight" for name in ("q", "k", "v"))


def test_a_feed_forward_with_as_many_rows_as_experts_is_no_stack_of_layers():
    """Experts stacked beside a router: that all begin with four is the number of experts, not of blocks kept in one tensor."""
    source, target = {}, {}
    for at in range(2):
        router = {"mlp.gate.weight": (4, 8), "mlp.gate.e_score_correction_bias": (4,)}
        source |= {f"model.layers.{at}.{key}": shape for key, shape in router.items()}
        target |= {f"model.layers.{at}.{key}": shape for key, shape in router.items()}
        for expert in range(4):
            for name, shape in (("gate_proj", (16, 8)), ("up_proj", (16, 8)), ("down_proj", (8, 16))):
                source[f"model.layers.{at}.mlp.experts.{expert}.{name}.weight"] = shape
        target |= {f"model.layers.{at}.mlp.experts.gate_up_proj": (4, 32, 8), f"model.layers.{at}.mlp.experts.down_proj": (4, 8, 16)}
    found = taken(source, target)
    assert found["model.layers.0.mlp.gate.weight"] == ("model.layers.0.mlp.gate.weight",)
    assert len(found["model.layers.0.mlp.experts.gate_up_proj"]) == 8
    back = propose({"": tree(target)}, tree(source))["model.layers.1.mlp.experts.2.up_proj.weight"]
    assert back.accepted
    assert back.claim is not None
    assert back.claim.args["start"] == 2
    assert back.claim.args["then"] == {"op": "slice", "dim": 0, "start": 16, "length": 16}


@pytest.mark.parametrize(
    ("name", "role"),
    [("norm_added_q", "qnorm"), ("k_norm_y", "knorm"), ("norm_q", "qnorm"), ("q_a_layernorm", ""), ("q", ""), ("norm", "")],
)
def test_norms_of_queries_and_keys_are_read_word_by_word(name, role):
    """Whichever stream they are of; other words, or no word for a norm, say nothing."""
    assert normed(name) == role


def test_to_k_is_a_key_and_no_token():
    """`to_k` is not read as `tok`."""
    units = units_of({f"blocks.{at}.attn.{name}.weight": (8, 8) for at in (0, 1) for name in ("to_q", "to_k", "to_v")})
    assert "key" in units["blocks.0.attn.to_k"].words
    assert projected("qkv_y") == "qkv"
