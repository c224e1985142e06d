"""A person's decisions: facts that settle siblings."""

from app.automap import propose
from app.keys.tree import from_shapes
from app.mapping.claims import Claim
from tests.automap import conversions
from tests.automap.scoring import tree
from tests.automap.vision_conversions import yolo_numbers


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


def test_a_decision_about_one_tensor_settles_its_module_everywhere():
    """Which of two equal convolutions comes first is asked once: its norm, and both in the other stages, follow."""
    case = yolo_numbers()
    source, target = tree(dict(sorted(case.source.items()))), tree(dict(sorted(case.target.items())))
    others = [f"backbone.stage{stage}.1.main_conv.{part}.weight" for stage in (1, 2) for part in ("conv", "bn")]
    before = propose({"": source}, target)
    assert not before[others[3]].accepted
    after = propose({"": source}, target, fixed={others[1]: Claim(("model.2.cv1.bn.weight",))})
    assert all(after[key].accepted for key in others)
    assert after[others[3]].claim == Claim(("model.4.cv1.bn.weight",))
    assert "follows-decision" in {reason.code for reason in after[others[3]].reasons}


def test_a_decision_in_one_module_holds_where_the_same_names_stand_together():
    """What `b1` of `b1, b2` is in an expert it is in the shared one and in dense layers, scales included; the other of the two follows."""
    truth = {"embed.weight": "tok.weight"}
    places = [(f"layers.{i}.experts.{e}", f"h.{i}.ffn.moe.{e}") for i in range(2, 4) for e in range(3)]
    places += [(f"layers.{i}.shared", f"h.{i}.ffn.common") for i in range(2, 4)] + [(f"layers.{i}.mlp", f"h.{i}.ffn") for i in range(2)]
    for left, right in places:
        for own, other in (("first", "b2"), ("second", "b1")):
            truth |= {f"{left}.{own}.weight": f"{right}.{other}.weight", f"{left}.{own}.weight_scale_inv": f"{right}.{other}.scale"}
    shapes = {key: (2, 2) if "scale" in key else (256, 256) for key in truth} | {"embed.weight": (999, 256)}
    source = from_shapes({key: (shape, "F32") for key, shape in shapes.items()})
    target = from_shapes({truth[key]: (shape, "F32") for key, shape in shapes.items()})
    before = propose({"": source}, target)
    assert not any(each.accepted for key, each in before.items() if key != "tok.weight")
    key = "layers.2.experts.0.first.weight"
    after = propose({"": source}, target, fixed={truth[key]: Claim((key,))})
    assert {name: each.claim and each.claim.sources for name, each in after.items()} == {name: (key,) for key, name in truth.items()}
    assert all(each.accepted for name, each in after.items() if ".b2." in name)
