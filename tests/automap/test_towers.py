"""Rows that stand in another order: each tower of a model speaks for itself, and latent attention for nobody."""

from app.automap import propose
from app.mapping.claims import Claim
from tests.automap.test_roles import tree

WIDTH, HEAD = 256, 64


def reference(prefix, at):
    """A block as Meta's code names it: rotary over pairs."""
    names = {f"attention.{name}.weight": (WIDTH, WIDTH) for name in ("wq", "wk", "wv", "wo")}
    names |= {f"feed_forward.{name}.weight": (512, WIDTH) for name in ("w1", "w3")} | {"feed_forward.w2.weight": (WIDTH, 512)}
    names |= {"attention_norm.weight": (WIDTH,), "ffn_norm.weight": (WIDTH,)}
    return {f"{prefix}layers.{at}.{name}": shape for name, shape in names.items()}


def transformers(prefix, at):
    """The same block as transformers names it: rotary over halves."""
    names = {f"self_attn.{name}_proj.weight": (WIDTH, WIDTH) for name in "qkvo"}
    names |= {f"mlp.{name}_proj.weight": (512, WIDTH) for name in ("gate", "up")} | {"mlp.down_proj.weight": (WIDTH, 512)}
    names |= {"input_layernorm.weight": (WIDTH,), "post_attention_layernorm.weight": (WIDTH,)}
    return {f"{prefix}layers.{at}.{name}": shape for name, shape in names.items()}


def seeing(name, at):
    """A block of a picture tower whose names give no layout away."""
    return {f"{name}.blocks.{at}.attn.{part}.weight": (192, 192) for part in ("q_lin", "k_lin", "v_lin", "o_lin")}


def proposals(source, target):
    """Propose for two sides with a table of words each."""
    return propose({"": tree(source | {"tok_embeddings.weight": (999, WIDTH)})}, tree(target | {"model.embed_tokens.weight": (999, WIDTH)}))


def both(extra_source, extra_target):
    """Three blocks of each naming, and more."""
    source, target = dict(extra_source), dict(extra_target)
    for at in range(3):
        source |= reference("", at)
        target |= transformers("model.", at)
    return source, target


def test_a_table_of_frequencies_says_how_large_a_head_is():
    """With one tower, the rows of q are taken as halves, whole recipe and all."""
    source, target = both({}, {})
    found = proposals(source | {"rope.freqs.inv_freq": (HEAD // 2,)}, target)["model.layers.1.self_attn.q_proj.weight"]
    assert found.claim is not None
    assert found.claim.args == {"kind": "rows", "dim": 0, "view": [WIDTH // HEAD, HEAD // 2, 2], "dims": [0, 2, 1]}
    assert found.accepted


def test_what_the_words_tower_does_is_not_what_the_pictures_does():
    """A second tower whose names tell no layout keeps its rows, and a person looks: the first tower's halves are not its own."""
    source, target = both({}, {})
    for at in range(3):
        source |= {key.replace("_lin", ""): shape for key, shape in seeing("eye", at).items()}
        target |= {key.replace("_lin", "_proj"): shape for key, shape in seeing("model.vision", at).items()}
    found = proposals(source | {"rope.freqs.inv_freq": (HEAD // 2,)}, target)["model.vision.blocks.0.attn.q_proj.weight"]
    assert found.claim is not None
    assert found.claim.op == "identity"
    assert not found.accepted


def test_latent_attention_rotates_only_some_rows():
    """Where keys and values come out of a latent, the whole head is not turned, and the query waits for a look."""
    source, target = {}, {}
    for at in range(3):
        one, other = reference("", at), transformers("model.", at)
        source |= {key: shape for key, shape in one.items() if ".wk." not in key and ".wv." not in key}
        target |= {key: shape for key, shape in other.items() if ".k_proj." not in key and ".v_proj." not in key}
        source |= {f"layers.{at}.attention.wkv_a.weight": (96, WIDTH), f"layers.{at}.attention.wkv_b.weight": (640, 80)}
        target |= {f"model.layers.{at}.self_attn.kv_a_proj.weight": (96, WIDTH), f"model.layers.{at}.self_attn.kv_b_proj.weight": (640, 80)}
    found = proposals(source | {"rope.freqs.inv_freq": (HEAD // 2,)}, target)["model.layers.0.self_attn.q_proj.weight"]
    assert found.claim is None or found.claim.op == "identity"
    assert not found.accepted


def test_gate_and_up_in_one_are_taken_only_where_names_say_which_is_first():
    """`fc1` twice as large as what `fc2` takes holds both: whether gate or up comes first, nobody says."""
    source, target = {}, {}
    for at in range(3):
        source |= {f"layers.{at}.mlp.fc1.weight": (128, 32), f"layers.{at}.mlp.fc2.weight": (32, 64), f"layers.{at}.norm1.weight": (32,)}
        target |= {
            f"m.layers.{at}.mlp.gate_up_proj.weight": (128, 32),
            f"m.layers.{at}.mlp.down_proj.weight": (32, 64),
            f"m.layers.{at}.norm1.weight": (32,),
        }
    found = propose({"": tree(source)}, tree(target))
    packed, down = (found[f"m.layers.1.mlp.{name}.weight"] for name in ("gate_up_proj", "down_proj"))
    assert packed.claim is not None
    assert packed.claim.sources == ("layers.1.mlp.fc1.weight",)
    assert not packed.accepted
    assert [reason.code for reason in packed.reasons][-1] == "doubt-fused-layout"
    assert down.accepted


def test_one_cut_that_a_person_confirms_settles_the_others():
    """`query_key_value` may stand by head: who says that the key is its middle says the same of all blocks; another cut says nothing."""
    source, target = {}, {}
    for at in range(3):
        source |= {f"layers.{at}.attention.query_key_value.weight": (96, 32), f"layers.{at}.attention.dense.weight": (32, 32)}
        target |= {f"m.layers.{at}.self_attn.{name}_proj.weight": (32, 32) for name in "qkvo"}
    sides = {"": tree(source)}, tree(target)
    key, other = "m.layers.0.self_attn.k_proj.weight", "m.layers.2.self_attn.q_proj.weight"
    first = propose(*sides)
    assert not first[other].accepted
    claim = first[key].claim
    assert claim is not None
    assert propose(*sides, fixed={key: claim})[other].accepted
    elsewhere = Claim(claim.sources, claim.op, dict(claim.args) | {"start": 8})
    assert not propose(*sides, fixed={key: elsewhere})[other].accepted
