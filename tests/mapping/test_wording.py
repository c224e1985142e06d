"""Recipes in the words of the contract, and back."""

import pytest

from app.mapping import Claim, Plan, claim_of, evaluate, induce, parse_rule, statement
from tests.mapping.trees import tree

SOURCE = tree({"w": (12, 6), "v": (12, 6), "u": (12, 6), "pos": (1, 17, 6), "g": (12, 1)})


@pytest.mark.parametrize(
    ("right", "shape", "op", "args"),
    [
        ('"w"', (12, 6), "identity", {}),
        ('chunk("w", 3)[1]', (4, 6), "slice", {"dim": 0, "start": 4, "length": 4}),
        ('select("w", dim=1, index=2)', (12,), "slice", {"dim": 1, "start": 2, "length": 1, "squeeze": True}),
        ('transpose(chunk("w", 3)[1])', (6, 4), "slice", {"dim": 0, "start": 4, "length": 4, "then": {"op": "transpose", "dims": [0, 1]}}),
        ('permute("w", dims=[1, 0])', (6, 12), "permute", {"kind": "dims", "dims": [1, 0]}),
        ('rotary_to_half("w", heads=3)', (12, 6), "permute", {"kind": "rows", "dim": 0, "view": [3, 2, 2], "dims": [0, 2, 1]}),
        (
            'deinterleave("w", groups=2, parts=[4, 1, 1])',
            (12, 6),
            "permute",
            {"kind": "rows", "dim": 0, "deinterleave": {"groups": 2, "parts": [4, 1, 1]}},
        ),
        ('roll("w", start=5)', (12, 6), "permute", {"kind": "rows", "dim": 0, "roll": 5}),
        ('take("w", index=[1, 0])', (2, 6), "permute", {"kind": "rows", "dim": 0, "index": [1, 0]}),
        ('flip("w", dims=[0])', (12, 6), "permute", {"kind": "flip", "dims": [0]}),
        (
            'split_qkv("w", layout=per_head, heads=2)[k]',
            (4, 6),
            "permute",
            {"kind": "rows", "dim": 0, "view": [2, 3, 2], "dims": [1, 0, 2], "select": 1},
        ),
        ('reshape("w", [3, 24])', (3, 24), "reshape", {"shape": [3, 24]}),
        ('concat("w", "v", dim=1)', (12, 12), "concat", {"dim": 1}),
        (
            'concat(transpose("w"), transpose("v"))',
            (12, 12),
            "concat",
            {"dim": 0, "each": [{"op": "transpose", "args": {"dims": [0, 1]}}, {"op": "transpose", "args": {"dims": [0, 1]}}]},
        ),
        ('stack("w", "v", "u")', (3, 12, 6), "stack", {"dim": 0}),
        ('stack(concat("w", "v"), concat("v", "u"))', (2, 24, 6), "stack", {"dim": 0, "inner": {"op": "concat", "dim": 0, "count": 2}}),
        ('sum("w", dim=1)', (12, 1), "sum", {"dim": 1, "from": 6, "to": 1}),
        ('mean("w", dim=0, keepdim=false)', (6,), "mean", {"dim": 0, "from": 12, "to": 1, "keepdim": False}),
        ('repeat("w", dim=0, times=2)', (24, 6), "repeat", {"dim": 0, "from": 12, "to": 24}),
        ('pad("w", dim=0, after=3)', (15, 6), "pad", {"dim": 0, "from": 12, "to": 15}),
        (
            'interpolate("pos", prefix=1)',
            (1, 26, 6),
            "interpolate",
            {"from": [1, 17, 6], "to": [1, 26, 6], "kind": "2d bicubic antialias, 1 prefix token"},
        ),
        ('cast("w", dtype=F16)', (12, 6), "cast", {"dtype": "F16"}),
        ('add("w", "v", alpha=0.5)', (12, 6), "add", {"alpha": 0.5}),
        ('weight_norm_fold("g", "w")', (12, 6), "weight_norm", {"dim": 0}),
        ('weight_norm_split("w")[g]', (12, 1), "norm", {"dim": 0}),
    ],
)
def test_words_there_and_back(right, shape, op, args):
    """Each recipe has its words, and a rule made of the words has the same recipe."""
    target = tree({"t": shape})
    rule = parse_rule(f'"t" = {right}')
    recipe = evaluate(Plan((rule,)), {"": SOURCE}, target).targets["t"].recipe
    claim = claim_of(recipe, {"": SOURCE})
    assert (claim.op, claim.args) == (op, args)
    rules = induce({"t": claim}, {"": SOURCE}, target)
    again = evaluate(Plan(rules), {"": SOURCE}, target).targets["t"].recipe
    assert claim_of(again, {"": SOURCE}) == claim


def test_deeper_nests_survive():
    """What the contract has no word for nests, and comes back."""
    target = tree({"t": (12, 12)})
    rule = parse_rule('"t" = concat(transpose(flip("w", dims=[0])), transpose("v"))')
    recipe = evaluate(Plan((rule,)), {"": SOURCE}, target).targets["t"].recipe
    claim = claim_of(recipe, {"": SOURCE})
    again = evaluate(Plan(induce({"t": claim}, {"": SOURCE}, target)), {"": SOURCE}, target).targets["t"].recipe
    assert claim_of(again, {"": SOURCE}) == claim


@pytest.mark.parametrize(
    ("op", "args"),
    [("magic", {}), ("slice", {}), ("slice", {"dim": 0, "start": 90, "length": 9}), ("permute", {"kind": "rows", "view": 3})],
)
def test_words_that_say_nothing_stay_unfilled(op, args):
    """A claim that cannot be read does not stop the others."""
    target = tree({"t": (12, 6), "x": (12, 6)})
    claims = {"t": Claim(("w",), op, args), "x": Claim(("v",))}
    outcomes = evaluate(Plan(induce(claims, {"": SOURCE}, target)), {"": SOURCE}, target).targets
    assert [outcome.state for outcome in outcomes.values()] == ["missing", "loaded"]


def test_an_entry_that_is_turned_is_picked_out_first():
    """A cut of one that the target has no axis for is a select, also where it goes on; where the axis stays it is a cut."""
    source = tree({"w": (3, 4, 6)})
    claim = Claim(("w",), "slice", {"dim": 0, "start": 1, "length": 1, "then": {"op": "transpose", "dims": [0, 1]}})
    for shape, name in (((6, 4), "select"), ((4, 1, 6), "chunk")):
        target = tree({"x": shape})
        rules = induce({"x": claim}, {"": source}, target)
        assert name in statement(rules[0])
        assert evaluate(Plan(tuple(rules)), {"": source}, target).targets["x"].state == "loaded"
