"""Laws of plans: inverse, composition, difference, merge, rebase."""

import msgspec
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from app.mapping import Claim, Leaf, Plan, claim_of, evaluate, induce, parse_plan, print_plan
from app.mapping.algebra import compose, diff, inverse, merge, rebase
from tests.mapping.trees import numbered, run, tree


def plan(*lines):
    """Make a plan of lines."""
    return parse_plan("\n".join(("keygraft_plan 1", *lines)))


def _effect(made, source, target):
    return {
        key: claim_of(outcome.recipe, {"": source})
        for key, outcome in evaluate(made, {"": source}, target).targets.items()
        if outcome.state == "loaded"
    }


def test_the_inverse_of_the_inverse_of_every_conversion(induced):
    """It has the effect of the plan, but for what the first inverse lists as lost and for twins of one source key."""
    for case, made in induced:
        there = inverse(made, {"": case.source}, case.target)
        back = inverse(there.plan, {"": case.target}, case.source)
        assert there.plan == inverse(made, {"": case.source}, case.target).plan
        effect, again = _effect(made, case.source, case.target), _effect(back.plan, case.source, case.target)
        lost = {loss.key for loss in there.lost}
        twins = {key for key, claim in effect.items() if key not in again and not lost.intersection(claim.sources)}
        assert twins <= {loss.key for loss in back.lost}
        for key, claim in effect.items():
            if key not in twins and not lost.intersection(claim.sources):
                assert again[key] == claim, (case.name, key)


def test_a_plan_and_its_inverse_compose_to_nothing(induced):
    """There and back again, each source key is itself, but for those that are listed as lost."""
    for case, made in induced:
        there = inverse(made, {"": case.source}, case.target)
        both = compose(made, there.plan, {"": case.source}, case.target, case.source)
        lost = {loss.key for loss in there.lost}
        for key, outcome in evaluate(both, {"": case.source}, case.source).targets.items():
            assert key in lost or outcome.recipe == Leaf(key), (case.name, key)


OPS = st.sampled_from(
    [
        ("identity", {}),
        ("transpose", {"dims": [0, 1]}),
        ("permute", {"kind": "rows", "dim": 0, "view": [2, 3, 2], "dims": [0, 2, 1]}),
        ("permute", {"kind": "rows", "dim": 0, "view": [3, 2, 2], "dims": [1, 0, 2]}),
        ("permute", {"kind": "rows", "dim": 1, "roll": 5}),
        ("permute", {"kind": "rows", "dim": 0, "deinterleave": {"groups": 2, "parts": [3, 1, 2]}}),
        ("permute", {"kind": "rows", "dim": 0, "index": [3, 1, 0, 2, 4, 5, 6, 11, 10, 9, 8, 7]}),
        ("reshape", {"shape": [6, 24]}),
        ("slice", {"dim": 0, "start": 0, "length": 6}),
        ("slice", {"dim": 0, "start": 6, "length": 6}),
        ("slice", {"dim": 1, "start": 3, "length": 9}),
    ]
)
SHAPES = {"reshape": (6, 24)}


def _shape(op, args):
    if op == "slice":
        return tuple(args["length"] if at == args["dim"] else 12 for at in range(2))
    return SHAPES.get(op, (12, 12))


@given(st.lists(st.tuples(st.integers(0, 3), OPS), min_size=1, max_size=7))
@settings(max_examples=150)
def test_applying_and_inverting_gives_the_source_back(parts):
    """Bit for bit, for every source key that the inverse does not list as lost; the list is not longer than it must be."""
    source = tree({f"s.{at}.w": (12, 12) for at in range(4)})
    target = tree({f"t.{at}.w": _shape(*op) for at, (_, op) in enumerate(parts)})
    claims = {f"t.{at}.w": Claim((f"s.{number}.w",), *op) for at, (number, op) in enumerate(parts)}
    made = Plan(induce(claims, {"": source}, target))
    evaluation = evaluate(made, {"": source}, target)
    tensors = numbered({key: info.shape for key, info in source.tensors.items()})
    moved = {key: run(outcome.recipe, tensors) for key, outcome in evaluation.targets.items()}
    back = inverse(made, {"": source}, target)
    outcomes = evaluate(back.plan, {"": target}, source).targets
    lost = {loss.key for loss in back.lost}
    for key, outcome in outcomes.items():
        if key in lost:
            whole = [op for number, (op, _) in parts if f"s.{number}.w" == key and op != "slice"]
            assert not whole
        else:
            assert torch.equal(run(outcome.recipe, moved), tensors[key])


def test_what_cannot_be_undone_is_listed():
    """A sum, a narrower dtype, a part that nothing else completes, a key that is not used."""
    source = tree({"a": (4, 3), "b": (4, 3), "c": (4, 3), "d": (2,)})
    target = tree({"a": (4, 1), "b": (2, 3), "c": (4, 3)})
    target = msgspec.structs.replace(target, tensors={**target.tensors, "c": msgspec.structs.replace(target.tensors["c"], dtype="F16")})
    back = inverse(plan('"a" = sum("a", dim=1)', '"b" = slice("b", length=2)'), {"": source}, target)
    assert {loss.key: loss.reason.code for loss in back.lost} == {"a": "lost_op", "b": "lost_op", "c": "lost_precision", "d": "lost_unused"}
    assert '"*"' not in print_plan(back.plan)


def test_a_wider_dtype_loses_nothing():
    """A half that was loaded into a full float comes back as it was: nothing is listed."""
    source, target = tree({"a": (4,)}), tree({"a": (4,)})
    source = msgspec.structs.replace(source, tensors={"a": msgspec.structs.replace(source.tensors["a"], dtype="F16")})
    assert inverse(plan(), {"": source}, target).lost == ()


def test_composition_follows_both():
    """A fused tensor on the way is not seen in the end."""
    source = tree({f"l.{i}.{part}": (4, 2) for i in range(3) for part in "qkv"})
    middle = tree({f"m.{i}.qkv": (12, 2) for i in range(3)})
    target = tree({f"t.{i}.{part}_proj": (4, 2) for i in range(3) for part in "qkv"})
    first = plan('"m.{i}.qkv" = concat("l.{i}.q", "l.{i}.k", "l.{i}.v")')
    second = plan(*(f'"t.{{i}}.{part}_proj" = chunk("m.{{i}}.qkv", 3)[{at}]' for at, part in enumerate("qkv")))
    both = compose(first, second, {"": source}, middle, target)
    found = evaluate(both, {"": source}, target).targets
    assert found["t.2.k_proj"].recipe == Leaf("l.2.k")


def test_difference_names_what_changed():
    """Added, removed, moved, carried."""
    first = plan('"z" = "z1"', '"y" = "y1"', '"a" = "b"', '"e" = "f"')
    second = plan('"a" = "b"', '"z" = "z1"  # why', '"y" = "y1"', '"g" = "h"')
    assert diff(first, first).empty
    assert sorted(change.kind for change in diff(first, second).changes) == ["added", "carried", "moved", "removed"]


def test_merge_keeps_both_sides():
    """Additions and removals of both; a rule that both changed stays ours and is named."""
    base = plan('"a" = "a1"', '"b" = "b1"', '"c" = "c1"')
    ours = plan('"a" = "a1"', 'off "b" = "b1"', '"c" = "c1"', '"x" = "x1"')
    theirs = plan('"n" = "n1"', '"a" = "a1"  # seen', '"b" = "b1"  # doubtful')
    found = merge(base, ours, theirs)
    assert print_plan(found.plan) == print_plan(plan('"n" = "n1"', '"a" = "a1"  # seen', 'off "b" = "b1"', '"x" = "x1"'))
    assert [(clash.base.target, clash.ours.enabled, clash.theirs.note) for clash in found.clashes] == [("b", False, "doubtful")]
    assert merge(base, base, theirs).plan.rules == theirs.rules or not merge(base, base, theirs).clashes
    assert merge(base, ours, base).plan == ours


def test_rebase_says_what_no_longer_fits():
    """A rule that has nothing to do, keys that lost their source, new keys."""
    made = plan('"t.{i}" = "s.{i}"', '"h" = "head"')
    before = ({"": tree({"s.0": (2,), "s.1": (2,), "head": (2,)})}, tree({"t.0": (2,), "t.1": (2,), "h": (2,)}))
    after = ({"": tree({"s.0": (2,), "s.1": (3,)})}, tree({"t.0": (2,), "t.1": (2,), "h": (2,), "new": (2,)}))
    found = rebase(made, before, after)
    codes = [(misfit.rule, misfit.reason.code, misfit.keys) for misfit in found.misfits]
    assert codes == [
        (1, "rebase_idle", ("h",)),
        (0, "rebase_state", ("t.1",)),
        (1, "rebase_state", ("h",)),
        (None, "rebase_added", ("new",)),
    ]
    assert rebase(made, before, before).misfits == ()
