"""What units are for, told by names, by shapes and by neighbours; and where nothing tells it."""

import gc

import pytest

from app.automap import folding, propose, roles
from app.automap.flow import flow
from app.automap.folding import separator_of, trie
from app.automap.projections import projected
from app.automap.vocabulary import VOCABULARY
from app.keys.collector import paused
from app.keys.tree import from_shapes


def tree(shapes):
    """A tree of float tensors."""
    return from_shapes({key: (shape, "F32") for key, shape in shapes.items()})


def units_of(shapes):
    """The units of one side, roles assigned, by dotted path."""
    made = tree(shapes)
    found = folding.units(trie(made), separator_of(made), "")
    roles.assign(found, VOCABULARY)
    return {".".join(unit.path): unit for unit in found}


def linear(name, out, into):
    """A linear with bias."""
    return {f"{name}.weight": (out, into), f"{name}.bias": (out,)}


def norm(name, size):
    """A norm with bias."""
    return {f"{name}.weight": (size,), f"{name}.bias": (size,)}


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("q_proj", "q"),
        ("add_k_proj", "k"),
        ("linear_qkv", "qkv"),
        ("query_key_value", "qkv"),
        ("value_layer", "v"),
        ("to_add_out", "out"),
        ("linear_proj", ""),
        ("q", ""),
        ("key_padding", ""),
    ],
)
def test_projections_are_read_word_by_word(name, role):
    """A projection is known by the words of its name; other words, or a letter alone, say nothing."""
    assert projected(name) == role


def test_two_streams_of_one_block_are_told_apart():
    """Where a block attends over a picture and its words, each unit belongs to one of the two streams."""
    shapes = {}
    for stream in ("img", "txt"):
        shapes |= {**linear(f"b.0.{stream}_attn.qkv", 24, 8), **linear(f"b.0.{stream}_mod.lin", 48, 8)}
    found = units_of(shapes)
    assert {path: unit.stream for path, unit in found.items()} == {
        "b.0.img_attn.qkv": "main",
        "b.0.img_mod.lin": "main",
        "b.0.txt_attn.qkv": "context",
        "b.0.txt_mod.lin": "context",
    }
    assert found["b.0.txt_mod.lin"].role == "mod"


def test_a_text_layer_alone_is_no_second_stream():
    """Words in a name make no stream where the block has only one attention."""
    found = units_of({**linear("text.0.attn.qkv", 24, 8), **linear("text.0.attn.proj", 8, 8)})
    assert {unit.stream for unit in found.values()} == {""}


def test_shapes_name_a_feed_forward():
    """Of two pointwise layers that widen and narrow, names need not tell which is which."""
    found = units_of(
        {"b.0.x.weight": (32, 8, 1, 1), "b.0.x.bias": (32,), "b.0.y.weight": (8, 32, 1, 1), "b.0.y.bias": (8,), **norm("b.0.n", 8)}
    )
    assert found["b.0.x"].role == "up"
    assert found["b.0.y"].role == "down"


def test_shapes_name_no_feed_forward_around_a_convolution():
    """A bottleneck narrows and widens around a dense convolution: that is no feed-forward."""
    shapes = {"b.0.x.weight": (32, 8, 1, 1), "b.0.x.bias": (32,), "b.0.y.weight": (8, 32, 1, 1), "b.0.y.bias": (8,)}
    found = units_of({**shapes, "b.0.z.weight": (32, 32, 3, 3), "b.0.z.bias": (32,)})
    assert found["b.0.x"].role == found["b.0.y"].role == ""


def decoder(order):
    """A decoder block whose attention samples places, in a listing order."""
    parts = {
        "cross": {**linear("l.0.cross_attn.sampling_offsets", 16, 8), **linear("l.0.cross_attn.value_proj", 8, 8)},
        "self": {"l.0.self_attn.in_proj_weight": (24, 8), **linear("l.0.self_attn.out_proj", 8, 8)},
        "ff": {**linear("l.0.linear1", 32, 8), **linear("l.0.linear2", 8, 32)},
        **{f"n{i}": norm(f"l.0.norm{i}", 8) for i in (1, 2, 3)},
    }
    return {key: shape for part in order.split() for key, shape in parts[part].items()}


def test_norms_of_decoders_that_disagree_follow_the_listing():
    """Deformable DETR counts cross attention's norm first, RT-DETR self attention's: what stands before a norm decides."""
    first = units_of(decoder("cross n1 self n2 ff n3"))
    assert [first[f"l.0.norm{i}"].role for i in (1, 2, 3)] == ["norm.cross", "norm.attn", "norm.mlp"]
    second = units_of(decoder("self n1 cross n2 ff n3"))
    assert [second[f"l.0.norm{i}"].role for i in (1, 2, 3)] == ["norm.attn", "norm.cross", "norm.mlp"]


def test_norms_of_decoders_that_disagree_have_no_role_in_a_sorted_listing():
    """Where norms stand together, none of them has a role."""
    found = units_of(decoder("cross ff n1 n2 n3 self"))
    assert {found[f"l.0.norm{i}"].role for i in (1, 2, 3)} == {""}


def test_a_bare_norm_beside_one_inside_the_attention():
    """`attention.LayerNorm` is the attention's, so `LayerNorm` is the feed-forward's."""
    shapes = {**norm("l.0.LayerNorm", 8), **norm("l.0.attention.LayerNorm", 8), **linear("l.0.attention.self.query", 8, 8)}
    found = units_of({**shapes, **linear("l.0.attention.self.key", 8, 8)})
    assert found["l.0.LayerNorm"].role == "norm.mlp"
    assert found["l.0.attention.LayerNorm"].role == "norm.attn"


def test_a_linear_that_holds_several_is_taken_apart_by_size():
    """Nothing says what `linear1` is; it is as large as q, k, v and a feed-forward together, and its order stays in doubt."""
    source, target = {}, {}
    for i in range(3):
        source |= {**linear(f"single.{i}.linear1", 7 * 8, 8), **linear(f"single.{i}.linear2", 8, 40)}
        target |= {f"x.{i}.attn.to_{n}.{p}": s for n in "qkv" for p, s in (("weight", (8, 8)), ("bias", (8,)))}
        target |= {**linear(f"x.{i}.proj_mlp", 32, 8), **linear(f"x.{i}.proj_out", 8, 40)}
    proposals = propose({"": tree(source)}, tree(target))
    claim = proposals["x.1.proj_mlp.weight"].claim
    assert claim is not None
    assert claim.sources == ("single.1.linear1.weight",)
    assert claim.args == {"dim": 0, "start": 24, "length": 32}
    assert not proposals["x.1.proj_mlp.weight"].accepted


def test_names_that_count_from_nothing_prove_nothing():
    """Whether `norm1` is `layer_norm` or `layer_norm_1` nobody says, so neither is accepted."""
    rest = {**linear("a.query", 8, 8), **linear("a.key", 8, 6), **linear("a.value", 8, 5)}
    source = {**rest, **norm("layer_norm", 8), **norm("layer_norm_1", 8), **norm("layer_norm_2", 8)}
    target = {**rest, **norm("norm1", 8), **norm("norm2", 8), **norm("norm3", 8)}
    proposals = propose({"": tree(source)}, tree(target))
    assert not any(proposals[f"norm{i}.weight"].accepted for i in (1, 2, 3))
    assert "which-of-several" in {reason.code for reason in proposals["norm1.weight"].reasons}


def test_what_computes_first_by_its_name():
    """Encoder before decoder, integers within each; words that say nothing of time give no place."""
    found = units_of({f"{side}.{i}.conv.weight": (8, 8, 3, 3) for side in ("decoder", "encoder") for i in (10, 3)})
    places = flow(list(found.values()))
    assert sorted(found, key=lambda path: places[found[path]]) == [f"{side}.{i}.conv" for side in ("encoder", "decoder") for i in (3, 10)]
    vague = units_of({f"{side}.conv.weight": (8, 8, 3, 3) for side in ("left", "right")})
    assert set(flow(list(vague.values())).values()) == {(0, 1)}


def test_the_collector_runs_again_after_an_error():
    """The garbage collector is kept still inside only."""

    def broken():
        with paused():
            assert not gc.isenabled()
            raise ValueError("inside")

    with pytest.raises(ValueError, match="inside"):
        broken()
    assert gc.isenabled()
