"""Quantized checkpoints: what says how a weight is stored goes where the weight goes."""

import pytest

from app.automap import propose
from app.automap.parameters import place
from app.keys.tree import from_shapes
from app.mapping.claims import Claim

WIDTH, HIDDEN, HEADS = 512, 1024, 512


def block_scale(shape):
    """Shape of the scales of one weight, one for 128 by 128 values."""
    return tuple(-(-size // 128) for size in shape)


def deepseek():
    """Key and shape of a small DeepSeek-V3 as its authors and as transformers name it: fp8 with block scales, dense layers, experts."""
    found = {"embed.weight": ("model.embed_tokens.weight", (4000, WIDTH))}

    def linear(theirs, ours, *shape):
        found[f"{theirs}.weight"] = f"{ours}.weight", shape
        found[f"{theirs}.scale"] = f"{ours}.weight_scale_inv", block_scale(shape)

    for layer in range(4):
        left, right = f"layers.{layer}.", f"model.layers.{layer}."
        linear(f"{left}attn.wq_a", f"{right}self_attn.q_a_proj", 384, WIDTH)
        found[f"{left}attn.q_norm.weight"] = f"{right}self_attn.q_a_layernorm.weight", (384,)
        linear(f"{left}attn.wq_b", f"{right}self_attn.q_b_proj", 768, 384)
        linear(f"{left}attn.wkv_a", f"{right}self_attn.kv_a_proj_with_mqa", 192, WIDTH)
        found[f"{left}attn.kv_norm.weight"] = f"{right}self_attn.kv_a_layernorm.weight", (128,)
        linear(f"{left}attn.wkv_b", f"{right}self_attn.kv_b_proj", 896, 128)
        linear(f"{left}attn.wo", f"{right}self_attn.o_proj", WIDTH, HEADS)
        modules = [("ffn", "mlp", HIDDEN)]
        if layer > 1:
            found[f"{left}ffn.gate.weight"] = f"{right}mlp.gate.weight", (6, WIDTH)
            found[f"{left}ffn.gate.bias"] = f"{right}mlp.gate.e_score_correction_bias", (6,)
            modules = [(f"ffn.{name}", f"mlp.{name}", 256) for name in (*(f"experts.{expert}" for expert in range(6)), "shared_experts")]
        for theirs, ours, hidden in modules:
            linear(f"{left}{theirs}.w1", f"{right}{ours}.gate_proj", hidden, WIDTH)
            linear(f"{left}{theirs}.w2", f"{right}{ours}.down_proj", WIDTH, hidden)
            linear(f"{left}{theirs}.w3", f"{right}{ours}.up_proj", hidden, WIDTH)
        found[f"{left}attn_norm.weight"] = f"{right}input_layernorm.weight", (WIDTH,)
        found[f"{left}ffn_norm.weight"] = f"{right}post_attention_layernorm.weight", (WIDTH,)
    return found


@pytest.mark.parametrize("arranged", [list, sorted])
@pytest.mark.parametrize("back", [False, True])
def test_block_scales_go_with_their_weights(arranged, back):
    """Both directions, as listed and sorted: every key is right, and every scale is as certain as its weight."""
    pairs = [(other, key, shape) if back else (key, other, shape) for key, (other, shape) in deepseek().items()]
    source = from_shapes({key: (shape, "F32") for key, _, shape in arranged(pairs)})
    target = from_shapes({key: (shape, "F32") for key, shape in arranged([(other, shape) for _, other, shape in pairs])})
    found = propose({"": source}, target)
    assert {key: each.claim and each.claim.sources for key, each in found.items()} == {other: (key,) for key, other, _ in pairs}
    assert [key for key, each in found.items() if "scale" in key and not each.accepted] == []


def test_a_fused_scale_is_cut_where_its_weight_is():
    """q, k and v out of one fp8 tensor: rows of the scale are the rows of the weight over 128."""
    sizes = {"q": 512, "k": 256, "v": 256}
    source, target, truth = {}, {}, {}
    for i in range(3):
        source |= {f"h.{i}.attn.qkv.weight": (1024, 512), f"h.{i}.attn.qkv.weight_scale_inv": (8, 4)}
        source |= {f"h.{i}.attn.out.weight": (512, 512), f"h.{i}.norm.weight": (512,)}
        target |= {f"layers.{i}.attn.out.weight": (512, 512), f"layers.{i}.norm.weight": (512,)}
        start = 0
        for name, rows in sizes.items():
            target |= {f"layers.{i}.attn.{name}.weight": (rows, 512), f"layers.{i}.attn.{name}.weight_scale_inv": (rows // 128, 4)}
            args = {"dim": 0, "start": start // 128, "length": rows // 128}
            truth[f"layers.{i}.attn.{name}.weight_scale_inv"] = Claim((f"h.{i}.attn.qkv.weight_scale_inv",), "slice", args)
            start += rows
    sides = [from_shapes({key: (shape, "F32") for key, shape in shapes.items()}) for shapes in (source, target)]
    found = propose({"": sides[0]}, sides[1])
    assert {key: found[key].claim for key in truth} == truth


def test_a_fused_scale_is_cut_in_the_dimension_of_its_weight():
    """Weights stored (in, out), as GPT-2 keeps them: q, k and v stand side by side in the columns, and so do their scales."""
    source, target = {}, {}
    for i in range(3):
        source |= {f"h.{i}.attn.c_attn.weight": (512, 1536), f"h.{i}.attn.c_attn.weight_scale_inv": (4, 12), f"h.{i}.ln.weight": (512,)}
        target[f"layers.{i}.ln.weight"] = (512,)
        for name in "qkv":
            target |= {f"layers.{i}.attn.{name}.weight": (512, 512), f"layers.{i}.attn.{name}.weight_scale_inv": (4, 4)}
    sides = [from_shapes({key: (shape, "F32") for key, shape in shapes.items()}) for shapes in (source, target)]
    found = propose({"": sides[0]}, sides[1])
    for at, name in enumerate("qkv"):
        weight, scale = (found[f"layers.1.attn.{name}.{part}"].claim.args for part in ("weight", "weight_scale_inv"))
        assert (weight["dim"], weight["start"], weight["length"]) == (1, 512 * at, 512)
        assert (scale["dim"], scale["start"], scale["length"]) == (1, 4 * at, 4)


def test_scales_of_another_grain_hold_no_weight_back():
    """One scale a row on one side, one a block on the other: the weights go together, the scales stay unknown."""
    source = {f"h.{i}.{name}.{part}" for i in range(3) for name in ("fc1", "fc2") for part in ("weight", "scale")}
    shapes = {key: (256, 256) if key.endswith("weight") else (256, 1) for key in sorted(source)}
    wanted = {key: shape if shape[1] == 256 else (2, 2) for key, shape in shapes.items()}
    sides = [from_shapes({key: (shape, "F32") for key, shape in side.items()}) for side in (shapes, wanted)]
    found = propose({"": sides[0]}, sides[1])
    assert all(each.accepted and each.claim.sources == (key,) for key, each in found.items() if key.endswith("weight"))
    assert all(each.claim is None for key, each in found.items() if key.endswith("scale"))


@pytest.mark.parametrize(
    ("key", "others", "expected"),
    [
        ("fc.weight_scale_inv", ("fc.weight",), (("fc",), "scale")),
        ("fc.scale", ("fc.weight",), (("fc",), "scale")),
        ("fc.qweight", (), (("fc",), "weight")),
        ("fc.qzeros", ("fc.qweight",), (("fc",), "zeros")),
        ("fc.g_idx", ("fc.qweight",), (("fc",), "groups")),
        ("experts.down_proj_scale_inv", ("experts.down_proj",), (("experts", "down_proj"), "scale")),
        ("fc.weight.absmax", ("fc.weight",), (("fc",), ".absmax")),
        ("fc.weight.quant_state.bitsandbytes__nf4", ("fc.weight",), (("fc",), ".quant_state.bitsandbytes__nf4")),
        ("norm.scale", ("norm.bias",), (("norm",), "weight")),
        ("block.layer_scale", (), (("block", "layer_scale"), "weight")),
        ("scale", ("weight",), (("scale",), "weight")),
        ("bn/gamma:0", ("bn/beta:0",), (("bn",), "weight")),
        ("bn/moving_mean:0", (), (("bn",), "mean")),
    ],
)
def test_what_stands_beside_a_weight(key, others, expected):
    """Formats name the same thing differently; what stands alone is a parameter of its own."""
    tree = from_shapes(dict.fromkeys((key, *others), ((4, 4), "F32")))
    assert place(key, 2, tree, "/" if "/" in key else ".") == expected
