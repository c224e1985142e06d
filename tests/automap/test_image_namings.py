"""Ways of naming that image models have as they were published, each in a small tree of its own."""

import pytest

from app.automap import propose
from app.automap.shapes import op_between
from tests.automap.test_namings import taken
from tests.automap.test_roles import linear, norm, tree, units_of


def roles_of(shapes, *paths):
    """The role of each unit that is asked for."""
    units = units_of(shapes)
    return [units[path].role for path in paths]


def batch(name, size):
    """A batch norm."""
    return {f"{name}.{param}": (size,) for param in ("weight", "bias", "running_mean", "running_var")}


def test_heads_with_an_axis_of_their_own_are_fused():
    """Flax's query, key and value are (in, heads, size): turned, merged and put together they are one qkv, and a qkv gives the three."""
    source, target = {}, {}
    for at in range(3):
        attention = f"encoderblock_{at}/MultiHeadDotProductAttention_0"
        for name in ("query", "key", "value"):
            source |= {f"{attention}/{name}/kernel": (48, 3, 16), f"{attention}/{name}/bias": (3, 16)}
        source |= {f"{attention}/out/kernel": (3, 16, 48), f"{attention}/out/bias": (48,)}
        target |= linear(f"blocks.{at}.attn.qkv", 144, 48) | linear(f"blocks.{at}.attn.proj", 48, 48)
    claim = propose({"": tree(source)}, tree(target))["blocks.1.attn.qkv.weight"].claim
    assert claim.op == "concat"
    assert claim.sources == tuple(f"encoderblock_1/MultiHeadDotProductAttention_0/{name}/kernel" for name in ("query", "key", "value"))
    assert {step["op"] for step in claim.args["each"]} == {"transpose"}
    back = propose({"": tree(target)}, tree(source))
    assert {key: back[key].claim.sources[0] for key in claim.sources} == dict.fromkeys(claim.sources, "blocks.1.attn.qkv.weight")


def test_a_square_kernel_of_a_convolution_turns_by_where_its_channels_stand():
    """As many channels in as out: (out, in, 3, 3) becomes (3, 3, in, out), and back; neither leaves the channels as they were."""
    assert op_between((64, 64, 3, 3), (3, 3, 64, 64)) == ("permute", {"kind": "dims", "dims": [2, 3, 1, 0]})
    assert op_between((3, 3, 64, 64), (64, 64, 3, 3)) == ("permute", {"kind": "dims", "dims": [3, 2, 0, 1]})
    assert op_between((64, 64, 1, 1), (1, 1, 64, 64)) == ("permute", {"kind": "dims", "dims": [2, 3, 1, 0]})


def test_letters_count_the_layers_of_a_residual_block():
    """`a`, `b`, `c` with a convolution and a norm each are `conv1` to `conv3`; `a` alone counts nothing."""
    block = {}
    for at, letter in enumerate("abc"):
        size = 3 if at == 1 else 1
        for unit in ("unit0", "unit1"):
            block |= {f"{unit}.f.{letter}.0.weight": (8, 8, size, size)} | batch(f"{unit}.f.{letter}.1", 8)
    names = [f"unit0.f.{letter}.{part}" for letter in "abc" for part in (0, 1)]
    assert roles_of(block, *names) == ["conv1", "after.conv1", "conv2", "after.conv2", "conv3", "after.conv3"]
    alone = {key: shape for key, shape in block.items() if ".a." in key}
    assert roles_of(alone, "unit0.f.a.0") == [""]


def test_a_convolution_that_names_its_kernel_is_counted_all_the_same():
    """`conv2_kxk.bn` is the norm behind the second convolution, `shortcut.conv.bn` the one of the bridge."""
    block = {}
    for name, size in (("conv1_1x1", 1), ("conv2_kxk", 3), ("conv3_1x1", 1), ("shortcut.conv", 1)):
        block |= {f"stages.0.0.{name}.conv.weight": (8, 8, size, size)} | batch(f"stages.0.0.{name}.bn", 8)
    asked = ("conv1_1x1.conv", "conv2_kxk.conv", "conv2_kxk.bn", "shortcut.conv.conv", "shortcut.conv.bn")
    assert roles_of(block, *(f"stages.0.0.{name}" for name in asked)) == ["conv1", "conv2", "after.conv2", "shortcut", "shortcut.norm"]


def test_a_norm_that_is_first_in_a_sequence_is_not_the_first_norm():
    """`pre_norm_mha.0` and `pre_norm_ffn.0` have their places by what they stand before, not by their zeros."""
    block = (
        norm("layers.0.pre_norm_mha.0", 8)
        | linear("layers.0.pre_norm_mha.1.qkv_proj", 24, 8)
        | linear("layers.0.pre_norm_mha.1.out_proj", 8, 8)
    )
    block |= norm("layers.0.pre_norm_ffn.0", 8) | linear("layers.0.pre_norm_ffn.1", 32, 8) | linear("layers.0.pre_norm_ffn.4", 8, 32)
    assert roles_of(block, "layers.0.pre_norm_mha.0", "layers.0.pre_norm_ffn.0") == ["norm.attn", "norm.mlp"]


@pytest.mark.parametrize(
    ("gate", "up", "down"),
    [("w1", "w2", "w3"), ("w1", "w3", "w2"), ("fc1", "fc3", "fc2"), ("fc1", "fc2", "fc3"), ("fc1_g", "fc1_x", "fc2")],
)
def test_the_shape_of_the_last_linear_says_which_order_gate_and_up_have(gate, up, down):
    """Of three counted linears the one that narrows is down; the first of the others is the gate."""
    block = linear(f"blocks.0.mlp.{gate}", 24, 8) | linear(f"blocks.0.mlp.{up}", 24, 8) | linear(f"blocks.0.mlp.{down}", 8, 24)
    assert roles_of(block, *(f"blocks.0.mlp.{name}" for name in (gate, up, down))) == ["gate", "up", "down"]


def test_two_linears_that_only_say_in_and_out_are_a_chain():
    """`in_layer, out_layer` is what others count: `linear_1, linear_2`. Beside a third one numbers say no order."""
    source = linear("time_in.in_layer", 8, 16) | linear("time_in.out_layer", 8, 8) | linear("head", 5, 8)
    target = linear("time_embedder.linear_1", 8, 16) | linear("time_embedder.linear_2", 8, 8) | linear("head", 5, 8)
    expected = {
        f"time_embedder.linear_{at}.{param}": (f"time_in.{part}_layer.{param}",)
        for at, part in ((1, "in"), (2, "out"))
        for param in ("weight", "bias")
    }
    assert expected.items() <= taken(source, target).items()
    third = linear("mix.linear_1", 8, 8) | linear("mix.linear_2", 8, 8) | linear("mix.other", 8, 8)
    assert roles_of(third, "mix.linear_1", "mix.linear_2") == ["", ""]


def test_a_second_stream_of_another_size_is_taken_apart_as_well():
    """The words beside the picture have their own width: their fused q, k and v come apart by their own parts' sizes."""
    source, target = {}, {}
    for at in range(2):
        ours, theirs = f"layers.{at}.attn.", f"blocks.{at}.attn."
        for mark, out, names, width in (
            ("x", "to_out", ("to_q", "to_k", "to_v"), 16),
            ("y", "to_add_out", ("add_q_proj", "add_k_proj", "add_v_proj"), 12),
        ):
            source |= {f"{theirs}qkv_{mark}.weight": (48, width)} | linear(f"{theirs}proj_{mark}", width, 16)
            target |= {f"{ours}{name}.weight": (16, width) for name in names} | linear(f"{ours}{out}", width, 16)
    found = propose({"": tree(source)}, tree(target))
    got = {name: found[f"layers.1.attn.{name}.weight"].claim for name in ("add_q_proj", "add_v_proj", "to_k")}
    assert {name: claim and (claim.sources, claim.args["start"]) for name, claim in got.items()} == {
        "add_q_proj": (("blocks.1.attn.qkv_y.weight",), 0),
        "add_v_proj": (("blocks.1.attn.qkv_y.weight",), 32),
        "to_k": (("blocks.1.attn.qkv_x.weight",), 16),
    }


def test_a_gate_in_front_of_query_key_and_value_is_taken_apart_with_them():
    """`gqkv_proj` holds the gate of what the attention gives out, then q, k and v."""
    source = {f"blocks.{at}.attn.gqkv_proj.weight": (64, 16) for at in range(2)}
    names = ("gate_proj", "q_proj", "k_proj", "v_proj")
    target = {f"layers.{at}.self_attn.{name}.weight": (16, 16) for at in range(2) for name in names}
    for at in range(2):
        source[f"blocks.{at}.attn.o_proj.weight"] = target[f"layers.{at}.self_attn.o_proj.weight"] = (16, 16)
    found = propose({"": tree(source)}, tree(target))
    assert [found[f"layers.1.self_attn.{name}.weight"].claim.args["start"] for name in names] == [0, 16, 32, 48]


def test_a_linear_that_takes_twice_what_it_gives_is_no_gate_with_its_first_layer():
    """(8, 16) with a bias of 8, before (8, 8), halves; (16, 8) before (8, 8) is both in one."""
    assert roles_of(linear("mlp.fc1", 8, 16) | linear("mlp.fc2", 8, 8), "mlp.fc1") != ["gate_up"]
    assert roles_of(linear("mlp.fc1", 16, 8) | linear("mlp.fc2", 8, 8), "mlp.fc1") == ["gate_up"]
