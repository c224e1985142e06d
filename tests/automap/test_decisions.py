"""A person's decisions: facts that settle siblings."""

from app.automap import propose
from app.mapping.claims import Claim
from tests.automap import conversions
from tests.automap.scoring import tree


def sides(family):
    """Both trees of a family, and its truth."""
    made = family()
    return tree(made.source), tree(made.target), made.truth


def test_one_decision_about_rows_settles_all_layers():
    """Rotary rows in doubt: told for one query that they stay, all queries and keys of all layers are accepted."""
    source, target, truth = sides(conversions.qwen_one)
    before = propose({"": source}, target)
    key = "model.layers.0.self_attn.q_proj.weight"
    assert not before[key].accepted
    fixed = {key: Claim(tuple(truth[key]["source"]), truth[key]["op"], truth[key]["args"])}
    after = propose({"": source}, target, fixed=fixed)
    assert all(proposal.accepted for proposal in after.values())


def test_a_decision_about_heads_gives_the_head_size():
    """A permute of one query tells how many rows a head has; the keys follow with their own view."""
    source = {f"layers.{i}.attention.w{x}.weight": (64 if x in "qo" else 16, 64) for i in range(2) for x in "qkvo"}
    source |= {f"layers.{i}.feed_forward.w{n}.weight": (96, 64) if n != 2 else (64, 96) for i in range(2) for n in (1, 2, 3)}
    source |= {"tok_embeddings.weight": (1000, 64), "norm.weight": (64,)}
    names = {f"layers.{i}.attention.w{x}": f"model.layers.{i}.self_attn.{x}_proj" for i in range(2) for x in "qkvo"}
    names |= {
        f"layers.{i}.feed_forward.w{n}": f"model.layers.{i}.mlp.{x}_proj"
        for i in range(2)
        for n, x in ((1, "gate"), (2, "down"), (3, "up"))
    }
    names |= {"tok_embeddings": "model.embed_tokens", "norm": "model.norm"}
    shapes = {key: shape if key != "layers.0.attention.wo.weight" else (64, 64) for key, shape in source.items()}
    from app.keys.tree import from_shapes

    left = from_shapes({key: (shape, "F32") for key, shape in shapes.items()})
    right = from_shapes({names[key.removesuffix(".weight")] + ".weight": (shape, "F32") for key, shape in shapes.items()})
    key = "model.layers.0.self_attn.q_proj.weight"
    args = {"kind": "rows", "dim": 0, "view": [8, 4, 2], "dims": [0, 2, 1]}
    after = propose({"": left}, right, fixed={key: Claim(("layers.0.attention.wq.weight",), "permute", args)})
    follows = after["model.layers.1.self_attn.k_proj.weight"]
    assert follows.accepted
    assert follows.claim.args["view"] == [2, 4, 2]


def test_fresh_stays_fresh():
    """A key that a person leaves to the model's own initialisation gets no claim, nor does its bias."""
    source, target, _ = sides(conversions.vit_torchvision)
    after = propose({"": source}, target, fixed={"head.weight": None})
    assert after["head.weight"].claim is None
    assert after["head.bias"].claim is None


def test_decisions_about_unknown_keys_are_left_aside():
    """A decision about a key that the target no longer has changes nothing."""
    source, target, _ = sides(conversions.vit_torchvision)
    assert propose({"": source}, target, fixed={"gone": None}) == propose({"": source}, target)
