"""JAX's scan over layers keeps every parameter of all blocks in one tensor: (layers, ...)."""

import pytest

from app import automap, mapping
from app.keys.tree import from_shapes

LAYERS, WIDTH, HIDDEN, HEADS, SIZE = 5, 64, 256, 4, 16


def sides():
    """SigLIP's picture tower as big_vision writes it and as transformers names it: shapes of both sides, and which belongs to which."""
    stacked = {
        "LayerNorm_0/scale": ("layer_norm1.weight", (WIDTH,), (WIDTH,)),
        "LayerNorm_0/bias": ("layer_norm1.bias", (WIDTH,), (WIDTH,)),
        "LayerNorm_1/scale": ("layer_norm2.weight", (WIDTH,), (WIDTH,)),
        "LayerNorm_1/bias": ("layer_norm2.bias", (WIDTH,), (WIDTH,)),
        "MlpBlock_0/Dense_0/kernel": ("mlp.fc1.weight", (WIDTH, HIDDEN), (HIDDEN, WIDTH)),
        "MlpBlock_0/Dense_0/bias": ("mlp.fc1.bias", (HIDDEN,), (HIDDEN,)),
        "MlpBlock_0/Dense_1/kernel": ("mlp.fc2.weight", (HIDDEN, WIDTH), (WIDTH, HIDDEN)),
        "MlpBlock_0/Dense_1/bias": ("mlp.fc2.bias", (WIDTH,), (WIDTH,)),
        "MultiHeadDotProductAttention_0/out/kernel": ("self_attn.out_proj.weight", (HEADS, SIZE, WIDTH), (WIDTH, WIDTH)),
        "MultiHeadDotProductAttention_0/out/bias": ("self_attn.out_proj.bias", (WIDTH,), (WIDTH,)),
    }
    for name in ("query", "key", "value"):
        ours = f"self_attn.{name[0]}_proj"
        stacked[f"MultiHeadDotProductAttention_0/{name}/kernel"] = (f"{ours}.weight", (WIDTH, HEADS, SIZE), (WIDTH, WIDTH))
        stacked[f"MultiHeadDotProductAttention_0/{name}/bias"] = (f"{ours}.bias", (HEADS, SIZE), (WIDTH,))
    source, target, truth = {}, {}, {}
    for theirs, (ours, kept, shape) in stacked.items():
        source[f"params/img/Transformer/encoderblock/{theirs}"] = (LAYERS, *kept)
        for layer in range(LAYERS):
            target[f"encoder.layers.{layer}.{ours}"] = shape
            truth[f"encoder.layers.{layer}.{ours}"] = f"params/img/Transformer/encoderblock/{theirs}"
    for theirs, ours in (("scale", "weight"), ("bias", "bias")):
        source[f"params/img/Transformer/encoder_norm/{theirs}"] = target[f"post_layernorm.{ours}"] = (WIDTH,)
        truth[f"post_layernorm.{ours}"] = f"params/img/Transformer/encoder_norm/{theirs}"
    return source, target, truth


def proposed(source, target, arranged):
    """Proposals, and what the rules made of them load."""
    left, right = (from_shapes({key: (shape, "F32") for key, shape in arranged(side.items())}) for side in (source, target))
    found = automap.propose({"": left}, right)
    rules = mapping.induce({key: each.claim for key, each in found.items() if each.claim}, {"": left}, right)
    return found, rules, mapping.evaluate(mapping.Plan(tuple(rules)), {"": left}, right).coverage["loaded"].keys


@pytest.mark.parametrize("arranged", [list, sorted])
def test_blocks_come_out_of_the_stack(arranged):
    """Every key is an entry of the right tensor, turned where it is a kernel; rules as few as parameters of a block."""
    source, target, truth = sides()
    found, rules, loaded = proposed(source, target, arranged)
    assert {key: each.claim and each.claim.sources for key, each in found.items()} == {key: (kept,) for key, kept in truth.items()}
    assert {each.claim.args["start"] for key, each in found.items() if key.startswith("encoder.layers.3.")} == {3}
    assert loaded == len(target)
    assert len(rules) <= len(source)


@pytest.mark.parametrize("arranged", [list, sorted])
def test_blocks_are_stacked(arranged):
    """The way back: one tensor of all layers, in their order."""
    target, source, _ = sides()
    found, _, loaded = proposed(source, target, arranged)
    claim = found["params/img/Transformer/encoderblock/LayerNorm_1/scale"].claim
    assert (claim.op, claim.sources) == ("stack", tuple(f"encoder.layers.{layer}.layer_norm2.weight" for layer in range(LAYERS)))
    assert loaded == len(target)


def test_sizes_in_common_by_chance_are_no_stack():
    """A container whose tensors all begin with the number of the other side's blocks, and fit none of theirs without it, stays whole."""
    source = {f"head.{name}.weight": (LAYERS, 8 + at) for at, name in enumerate(("a", "b", "c", "d"))}
    source |= {f"blocks.{i}.fc.weight": (WIDTH, HIDDEN) for i in range(LAYERS)}
    target = {key.replace("head", "top").replace("blocks", "layers"): shape for key, shape in source.items()}
    found, _, loaded = proposed(source, target, list)
    assert loaded == len(target)
    assert {each.claim.op for each in found.values()} == {"identity"}
