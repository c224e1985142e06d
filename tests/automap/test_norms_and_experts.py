"""Norms whose words share a place, attention and feed-forwards that are only counted, experts in one tensor."""

import pytest

from app.automap import propose
from tests.automap.test_namings import taken
from tests.automap.test_roles import linear, norm, tree, units_of


def block(names, prefix="layers.{}."):
    """Four blocks with an attention, a feed-forward, and norms by these names."""
    shapes = {}
    for i in range(4):
        own = prefix.format(i)
        for name in ("q_proj", "k_proj", "v_proj", "o_proj"):
            shapes |= linear(f"{own}self_attn.{name}", 8, 8)
        shapes |= linear(f"{own}mlp.fc1", 32, 8) | linear(f"{own}mlp.fc2", 8, 32)
        shapes |= {f"{own}{name}.weight": (8,) for name in names}
    return shapes


PLAIN = ("input_norm", "post_attention_norm", "pre_ffn_norm", "post_ffn_norm")


@pytest.mark.parametrize(
    "names",
    [
        ("input_layernorm", "post_self_attn_layernorm", "post_attention_layernorm", "post_mlp_layernorm"),
        ("norm_1", "post_attention_norm", "norm_2", "post_mlp_norm"),
    ],
)
def test_of_two_norms_behind_the_attention_the_vaguer_is_the_feed_forwards(names):
    """GLM-4's `post_attention_layernorm` beside `post_self_attn_layernorm`, LitGPT's `norm_2` beside `post_attention_norm`."""
    units = units_of(block(names))
    assert [units[f"layers.0.{name}"].role for name in names] == [f"norm.{at}of4" for at in range(4)]
    found = propose({"": tree(dict(sorted(block(PLAIN).items())))}, tree(dict(sorted(block(names).items()))))
    assert [found[f"layers.1.{name}.weight"].claim.sources for name in names] == [(f"layers.1.{name}.weight",) for name in PLAIN]


def test_t5s_attention_to_the_encoder_has_a_norm_of_its_own():
    """`EncDecAttention` crosses though it does not say so: the norm beside it is cross attention's."""
    shapes = {}
    for i, attention in enumerate(("SelfAttention", "EncDecAttention")):
        for name in "qkvo":
            shapes[f"decoder.block.0.layer.{i}.{attention}.{name}.weight"] = (8, 8)
        shapes[f"decoder.block.0.layer.{i}.layer_norm.weight"] = (8,)
    units = units_of(shapes)
    assert units["decoder.block.0.layer.0.layer_norm"].role == "norm.attn"
    assert units["decoder.block.0.layer.1.layer_norm"].role == "norm.cross"


def test_counted_linears_of_an_attention_by_their_widths():
    """CTranslate2: `linear_0` holds q, k and v of an attention to itself; q alone where the next is twice as wide, for k and v."""
    units = units_of(
        linear("layer_0.self_attention.linear_0", 24, 8)
        | linear("layer_0.self_attention.linear_1", 8, 8)
        | linear("layer_0.attention.linear_0", 8, 8)
        | linear("layer_0.attention.linear_1", 16, 8)
        | linear("layer_0.attention.linear_2", 8, 8)
        | norm("layer_0.norm", 8)
    )
    assert [units[f"layer_0.self_attention.linear_{at}"].role.rpartition(".")[2] for at in range(2)] == ["qkv", "out"]
    assert [units[f"layer_0.attention.linear_{at}"].role.rpartition(".")[2] for at in range(3)] == ["q", "kv", "out"]


EXPERTS = 4


def experts(apart):
    """Four blocks of four gated experts: each by itself, or all in one tensor as MLX or vLLM keeps them."""
    shapes = {}
    for i in range(4):
        moe = f"layers.{i}.block_sparse_moe."
        shapes[moe + "gate.weight"] = (EXPERTS, 16)
        if apart == "each":
            for e in range(EXPERTS):
                shapes |= {
                    f"{moe}experts.{e}.w1.weight": (24, 16),
                    f"{moe}experts.{e}.w3.weight": (24, 16),
                    f"{moe}experts.{e}.w2.weight": (16, 24),
                }
        elif apart == "mlx":
            shapes |= {f"{moe}switch_mlp.{name}_proj.weight": (EXPERTS, 24, 16) for name in ("gate", "up")}
            shapes[f"{moe}switch_mlp.down_proj.weight"] = (EXPERTS, 16, 24)
        else:
            shapes |= {f"{moe}experts.w13_weight": (EXPERTS, 48, 16), f"{moe}experts.w2_weight": (EXPERTS, 16, 24)}
    return shapes


def test_experts_are_stacked_as_mlx_and_vllm_keep_them():
    """One tensor of all experts below `switch_mlp`; gate and up of each expert joined in `w13_weight`."""
    moe = "layers.2.block_sparse_moe."
    found = taken(experts("each"), experts("mlx"))
    assert found[moe + "switch_mlp.up_proj.weight"] == tuple(f"{moe}experts.{e}.w3.weight" for e in range(EXPERTS))
    found = taken(experts("each"), experts("vllm"))
    assert found[moe + "experts.w13_weight"] == tuple(f"{moe}experts.{e}.{name}.weight" for e in range(EXPERTS) for name in ("w1", "w3"))
    assert found[moe + "experts.w2_weight"] == tuple(f"{moe}experts.{e}.w2.weight" for e in range(EXPERTS))


def test_chains_of_two_and_of_three_are_no_contradiction():
    """`bbox_embed.layers.0 … 2` may be two layers and an output elsewhere: the place in one chain says nothing against the other."""
    source = {key: shape for at, out in enumerate((8, 8, 4)) for key, shape in linear(f"bbox_embed.layers.{at}", out, 8).items()}
    target = linear("bbox_head.reg_ffn.layers.0.0", 8, 8) | linear("bbox_head.reg_ffn.layers.1", 8, 8) | linear("bbox_head.fc_reg", 4, 8)
    found = propose({"": tree(source)}, tree(target))
    assert found["bbox_head.reg_ffn.layers.1.weight"].claim.sources == ("bbox_embed.layers.1.weight",)


@pytest.mark.parametrize(
    ("first", "second", "halves"),
    [
        ("norm_ff_macaron", "norm_ff", ("feed_forward_macaron.w_1", "feed_forward.w_1")),
        ("norm_feed_forward1", "norm_feed_forward2", ("feed_forward1.linear1", "feed_forward2.linear1")),
        ("ffn1.sequential.0", "ffn2.sequential.0", ("ffn1.sequential.1", "ffn2.sequential.1")),
    ],
)
def test_the_two_feed_forwards_of_a_conformer_each_have_a_norm(first, second, halves):
    """ESPnet and WeNet call the first one macaron's, NeMo and torchaudio count them."""
    ends = {"w_1": "w_2", "linear1": "linear2", "1": "4"}
    shapes = norm("layers.0.norm_conv", 8) | norm(f"layers.0.{second}", 8) | norm(f"layers.0.{first}", 8)
    for half in halves:
        holder, _, up = half.rpartition(".")
        shapes |= linear(f"layers.0.{half}", 32, 8) | linear(f"layers.0.{holder}.{ends[up]}", 8, 32)
    units = units_of(shapes)
    assert units[f"layers.0.{first}"].role == "norm.half1"
    assert units[f"layers.0.{second}"].role == "norm.half2"


def test_a_norm_alone_in_its_module_is_not_taken_for_one_of_two():
    """SpeechBrain keeps two norms in a convolution's module, ESPnet one: the one that is called so too may be the other, so not without a look."""
    source, target = {}, {}
    for i in range(3):
        ours, theirs = f"encoder.layers.{i}.", f"encoder.encoders.{i}."
        for half, name in (("ffn_module1", "feed_forward_macaron"), ("ffn_module2", "feed_forward")):
            source |= norm(f"{ours}{half}.0", 8) | linear(f"{ours}{half}.1.ffn.0", 32, 8) | linear(f"{ours}{half}.1.ffn.3", 8, 32)
            target |= norm(f"{theirs}norm_ff{name[12:]}", 8) | linear(f"{theirs}{name}.w_1", 32, 8) | linear(f"{theirs}{name}.w_2", 8, 32)
        source |= norm(f"{ours}norm1", 8) | norm(f"{ours}convolution_module.layer_norm", 8)
        target |= norm(f"{theirs}norm_mha", 8) | norm(f"{theirs}norm_conv", 8)
        for a, b, shape in (("bottleneck.0", "pointwise_conv1", (16, 8, 1)), ("conv", "depthwise_conv", (8, 1, 31))):
            source |= {f"{ours}convolution_module.{a}.weight": shape, f"{ours}convolution_module.{a}.bias": shape[:1]}
            target |= {f"{theirs}conv_module.{b}.weight": shape, f"{theirs}conv_module.{b}.bias": shape[:1]}
        source |= norm(f"{ours}convolution_module.after_conv.0", 8) | linear(f"{ours}convolution_module.after_conv.2", 8, 8)
        target |= norm(f"{theirs}conv_module.norm", 8) | linear(f"{theirs}conv_module.pointwise_conv2", 8, 8)
    found = taken(source, target)
    assert found["encoder.encoders.1.feed_forward.w_1.weight"] == ("encoder.layers.1.ffn_module2.1.ffn.0.weight",)
    assert "encoder.encoders.1.conv_module.norm.weight" not in found
