"""Experts in one tensor, taken apart: the recipe is whole, and the plan that follows from it loads every key."""

import pytest

from app import automap, mapping
from app.keys.tree import from_shapes
from tests.automap import conversions
from tests.automap.scoring import tree

EXPERTS, WIDTH, HIDDEN = 4, 64, 96


def evaluated(source, target):
    """Proposals, and what the rules made of all of them load."""
    found = automap.propose({"": source}, target)
    claims = {key: each.claim for key, each in found.items() if each.claim is not None}
    rules = mapping.induce(claims, {"": source}, target)
    return found, mapping.evaluate(mapping.Plan(tuple(rules)), {"": source}, target)


def test_gate_and_up_of_every_expert_out_of_one_stack():
    """The fused experts of transformers back to single ones: an entry of the stack, and half of its rows; down is certain."""
    case = conversions.experts_stacked()
    found, seen = evaluated(tree(case.target), tree(case.source))
    assert seen.coverage["loaded"].keys == len(found)
    place = "model.layers.1.mlp.experts.2."
    assert found[f"{place}up_proj.weight"].claim.args == {
        "dim": 0,
        "start": 2,
        "length": 1,
        "squeeze": True,
        "then": {"op": "slice", "dim": 0, "start": 32, "length": 32},
    }
    assert found[f"{place}up_proj.weight"].accepted
    assert found[f"{place}down_proj.weight"].accepted


@pytest.mark.parametrize("turned", [False, True])
def test_stacks_whose_matrices_are_turned(turned):
    """Each entry is turned after it is taken out; that makes the recipe one to look at."""
    shapes = {"up_proj": (HIDDEN, WIDTH), "down_proj": (WIDTH, HIDDEN)}
    source, target = {}, {}
    for layer in range(2):
        for name, shape in shapes.items():
            source[f"b.{layer}.experts.{name}"] = (EXPERTS, *(shape[::-1] if turned else shape))
            target |= {f"layers.{layer}.experts.{expert}.{name}.weight": shape for expert in range(EXPERTS)}
        source[f"b.{layer}.norm.weight"] = target[f"layers.{layer}.norm.weight"] = (WIDTH,)
    found, seen = evaluated(*(from_shapes({key: (shape, "F32") for key, shape in side.items()}) for side in (source, target)))
    assert seen.coverage["loaded"].keys == len(target)
    assert {each.accepted for key, each in found.items() if "experts" in key} == {not turned}
