"""A person's decisions: facts that settle siblings."""

from app.automap import propose
from app.automap.repeating import repeated
from app.automap.roworder import order_of, rows
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


def shaped(shapes):
    """A tree of float tensors."""
    return from_shapes({key: (shape, "F32") for key, shape in shapes.items()})


def modulated(blocks):
    """The last norm's shift and scale, and those of blocks, under two namings."""
    source, target = {}, {}
    for ours, theirs, width in blocks:
        source |= {f"{theirs}.adaLN_modulation.1.weight": (2 * width, width), f"{theirs}.adaLN_modulation.1.bias": (2 * width,)}
        target |= {f"{ours}.linear.weight": (2 * width, width), f"{ours}.linear.bias": (2 * width,)}
    return shaped(source), shaped(target)


def test_halves_that_are_swapped_once_are_swapped_wherever_they_are_in_doubt():
    """Told of one weight that its halves change places, its bias and the same doubt elsewhere follow, each in its own size."""
    source, target = modulated([("norm_out", "final_layer", 6), ("other.norm_out", "other.final_layer", 8)])
    args = {"kind": "rows", "dim": 0, "index": [*range(6, 12), *range(6)]}
    claim = Claim(("final_layer.adaLN_modulation.1.weight",), "permute", args)
    after = propose({"": source}, target, fixed={"norm_out.linear.weight": claim})
    assert after["norm_out.linear.bias"].claim == Claim(("final_layer.adaLN_modulation.1.bias",), "permute", args)
    assert after["norm_out.linear.bias"].accepted
    assert after["other.norm_out.linear.bias"].claim.args["index"] == [*range(8, 16), *range(8)]


def test_decisions_about_rows_that_disagree_teach_nothing():
    """One swaps its halves, the other does not: a third is still asked for."""
    source, target = modulated([(f"{at}norm_out", f"{at}final_layer", 6 + 2 * n) for n, at in enumerate(("a.", "b.", "c."))])
    swap = Claim(("a.final_layer.adaLN_modulation.1.weight",), "permute", {"kind": "rows", "dim": 0, "index": [*range(6, 12), *range(6)]})
    keep = Claim(("b.final_layer.adaLN_modulation.1.weight",))
    after = propose({"": source}, target, fixed={"a.norm_out.linear.weight": swap, "b.norm_out.linear.weight": keep})
    assert not after["c.norm_out.linear.weight"].accepted


def test_an_order_of_rows_is_understood_by_what_it_does_to_a_head():
    """Pairs become halves in each head of four; what is no such order is none."""
    assert order_of([0, 2, 1, 3, 4, 6, 5, 7]) == (0, 2, 1, 3)
    assert order_of([0, 1, 2, 4, 3, 5, 6, 7, 8, 10, 9, 11]) == (0, 1, 2, 4, 3, 5)
    assert order_of([3, 4, 5, 0, 1, 2]) == ()
    assert order_of([0, 2, 1, 3, 5, 4, 7, 6]) is None
    assert rows((0, 2, 1, 3), 6) is None


def two_towers():
    """Two towers whose names do not say how their rotary embeddings pair rows."""
    source, target = {}, {}
    for tower, width in (("vision", 48), ("text", 64)):
        for at in range(2):
            for name in "qkvo":
                source[f"{tower}.layers.{at}.attention.{name}_lin.weight"] = (width, width)
                target[f"{tower}.blocks.{at}.attn.{name}_proj.weight"] = (width, width)
            source[f"{tower}.layers.{at}.norm.weight"] = target[f"{tower}.blocks.{at}.ln.weight"] = (width,)
    source["text.rotary.inv_freq"] = target["text.rope.inv_freq"] = (8,)
    return shaped(source), shaped(target)


def test_one_towers_rows_say_nothing_of_the_others():
    """Told that the text's queries stay as they are, the picture's are still in doubt."""
    source, target = two_towers()
    asked = {tower: f"{tower}.blocks.1.attn.k_proj.weight" for tower in ("vision", "text")}
    assert not any(propose({"": source}, target)[key].accepted for key in asked.values())
    fixed = {"text.blocks.0.attn.q_proj.weight": Claim(("text.layers.0.attention.q_lin.weight",))}
    after = propose({"": source}, target, fixed=fixed)
    assert {tower: after[key].accepted for tower, key in asked.items()} == {"vision": False, "text": True}


def test_a_decision_counts_on_where_nothing_else_speaks():
    """What is told of one layer holds in those that nothing is proposed for, its other parameters too, as far as shapes fit; never against another answer."""
    source = shaped({f"h.{at}.scaling.{param}": (5,) for at in range(5) for param in ("b", "g")} | {"h.9.scaling.b": (5,)})
    target = shaped({f"l.{at}.rescale.{param}": (5 if at < 3 else 6,) for at in range(5) for param in ("b", "g")} | {"l.7.rescale.b": (5,)})
    told = {"l.1.rescale.b": Claim(("h.1.scaling.b",))}
    names = [f"{at}.{param}" for at in (0, 1, 2) for param in ("b", "g") if (at, param) != (1, "b")]
    expected = {f"l.{name.replace('.', '.rescale.')}": f"h.{name.replace('.', '.scaling.')}" for name in names}
    found = dict(repeated(told, (), {"": source}, target))
    assert {key: claim.sources[0] for key, claim in found.items()} == expected
    assert "l.2.rescale.b" not in dict(repeated(told, {"l.2.rescale.b"}, {"": source}, target))
    assert not dict(repeated(told | {"l.2.rescale.b": Claim(("h.2.scaling.g",))}, (), {"": source}, target)).keys() & {"l.0.rescale.b"}
