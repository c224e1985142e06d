"""Flax keeps an axis for the heads of an attention: kernels (in, heads, size) and (heads, size, out), biases (heads, size)."""

import pytest

from app import automap, mapping
from app.automap.shapes import buckets, op_between
from app.keys.tree import from_shapes

WIDTH, HEADS, SIZE, HIDDEN = 64, 4, 16, 256


def sides(width=WIDTH):
    """A Flax ViT's blocks, and what timm-like code calls them: keys and shapes of each, and which belongs to which."""
    inner = HEADS * SIZE
    source, target, truth = {}, {}, {}

    def pair(ours, theirs, shape, kept):
        source[theirs], target[ours], truth[ours] = kept, shape, theirs

    for i in range(3):
        ours, theirs = f"blocks.{i}.", f"Transformer/encoderblock_{i}/"
        attention = theirs + "MultiHeadDotProductAttention_1/"
        for at, name in enumerate(("norm1", "norm2")):
            pair(f"{ours}{name}.weight", f"{theirs}LayerNorm_{2 * at}/scale", (width,), (width,))
            pair(f"{ours}{name}.bias", f"{theirs}LayerNorm_{2 * at}/bias", (width,), (width,))
        for name in ("query", "key", "value"):
            pair(f"{ours}attn.{name}.weight", f"{attention}{name}/kernel", (inner, width), (width, HEADS, SIZE))
            pair(f"{ours}attn.{name}.bias", f"{attention}{name}/bias", (inner,), (HEADS, SIZE))
        pair(f"{ours}attn.proj.weight", f"{attention}out/kernel", (width, inner), (HEADS, SIZE, width))
        pair(f"{ours}attn.proj.bias", f"{attention}out/bias", (width,), (width,))
        for at, (name, out, into) in enumerate((("fc1", HIDDEN, width), ("fc2", width, HIDDEN))):
            pair(f"{ours}mlp.{name}.weight", f"{theirs}MlpBlock_3/Dense_{at}/kernel", (out, into), (into, out))
            pair(f"{ours}mlp.{name}.bias", f"{theirs}MlpBlock_3/Dense_{at}/bias", (out,), (out,))
    return source, target, truth


@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize("width", [WIDTH, 48])
@pytest.mark.parametrize("arranged", [list, sorted])
def test_heads_are_merged_and_kernels_turned(width, back, arranged):
    """Square or not, both ways and in any listing: the right keys, and rules that load every one of them."""
    source, target, truth = sides(width)
    if back:
        source, target, truth = target, source, {theirs: ours for ours, theirs in truth.items()}
    left, right = (from_shapes({key: (shape, "F32") for key, shape in arranged(side.items())}) for side in (source, target))
    found = automap.propose({"": left}, right)
    assert {key: each.claim and each.claim.sources for key, each in found.items()} == {key: (kept,) for key, kept in truth.items()}
    rules = mapping.induce({key: each.claim for key, each in found.items()}, {"": left}, right)
    assert mapping.evaluate(mapping.Plan(tuple(rules)), {"": left}, right).coverage["loaded"].keys == len(target)
    said = " ".join(map(mapping.statement, rules))
    assert ("reshape(transpose(" if back else "transpose(reshape(") in said


def test_a_square_kernel_is_not_taken_as_it_lies():
    """(64, 4, 16) has as many values as (64, 64), and lies the other way round: what is accepted says so."""
    source, target, _ = sides()
    found = automap.propose(
        *({"": from_shapes({k: (s, "F32") for k, s in source.items()})}, from_shapes({k: (s, "F32") for k, s in target.items()}))
    )
    assert {each.claim.op for key, each in found.items() if "attn" in key and key.endswith("weight")} == {"transpose"}


@pytest.mark.parametrize(
    ("one", "other", "fits"),
    [
        ((48, 4, 16), (64, 48), True),
        ((4, 16, 48), (48, 64), True),
        ((4, 16), (64,), True),
        ((48, 4, 16), (48, 48), False),
        ((4, 16), (48,), False),
        ((2, 3, 4, 5), (6, 20), False),
    ],
)
def test_shapes_that_merge(one, other, fits):
    """What can become the other is looked for with it."""
    for source, target in ((one, other), (other, one)):
        assert (op_between(source, target) is not None) == fits
    if fits and len(one) == 3:
        assert not set(buckets(one)).isdisjoint(buckets(other))
