"""A plan that follows its keys when a side is replaced."""

from app.keys.tree import from_shapes
from app.mapping import parse_plan, print_rule
from app.mapping.algebra import Moves, follow


def _tree(**shapes):
    return from_shapes({name.replace("__", "."): (shape, "F32") for name, shape in shapes.items()})


def test_nothing_moves_where_the_new_side_has_the_same_keys():
    """The plan stays as it is, all keys are kept."""
    source, target = {"": _tree(a=(2,), b=(3,))}, _tree(x=(2,), b=(3,))
    plan = parse_plan('keygraft_plan 1\n"x" = "a"\n')
    found = follow(plan, (source, target), (source, target), Moves())
    assert (found.plan, found.edits, found.kept) == (plan, (), 2)
    assert (found.refound, found.lost, found.added, found.gone, found.idle) == ((), (), (), (), ())


def test_a_target_key_with_another_name_takes_its_rule_with_it():
    """The rule that filled the old name is replaced by one that fills the new."""
    source = {"": _tree(fc__weight=(10, 8), fc__bias=(10,))}
    old, new = _tree(head__weight=(10, 8), head__bias=(10,)), _tree(classifier__weight=(10, 8), classifier__bias=(10,))
    plan = parse_plan('keygraft_plan 1\n"head.{p}" = "fc.{p}"\n')
    moves = Moves(target={"head.weight": "classifier.weight", "head.bias": "classifier.bias"})
    found = follow(plan, (source, old), (source, new), moves)
    assert [print_rule(rule) for rule in found.plan.rules] == ['"classifier.{p}" = "fc.{p}"']
    assert found.after.clean
    assert found.refound == ("classifier.weight", "classifier.bias")
    assert (found.lost, found.added, found.gone, found.idle) == ((), (), (), ())


def test_a_source_key_with_another_name_is_found_again_with_its_op():
    """What was done to the tensor is done to it under its new name; keys that were equal by name are claimed by a rule."""
    target = _tree(q=(2, 4), w=(3, 5), e=(7,))
    before = {"": _tree(qkv=(6, 4), t=(5, 3), e=(7,))}
    after = {"": _tree(attn__qkv=(6, 4), turned=(5, 3), other=(7,))}
    plan = parse_plan('keygraft_plan 1\n"q" = chunk("qkv", 3, dim=0)[0]\n"w" = transpose("t")\n')
    moves = Moves({"": {"qkv": "attn.qkv", "t": "turned", "e": "other"}})
    found = follow(plan, (before, target), (after, target), moves)
    assert found.after.clean
    assert set(found.refound) == {"q", "w", "e"}
    assert found.idle == ()


def test_what_is_lost_new_or_gone_is_told_and_no_rule_goes_in_silence():
    """A head that grew is lost, a new key is new, an old one gone; the rule that did its work for a vanished key stays, named as idle."""
    source = {"": _tree(a=(2,), b=(3,), c=(4,))}
    old, new = _tree(x=(2,), y=(3,), z=(4,)), _tree(x=(9,), z=(4,), fresh=(1,))
    plan = parse_plan('keygraft_plan 1\n"x" = "a"\n"y" = "b"\n"z" = "c"\n')
    found = follow(plan, (source, old), (source, new), Moves())
    assert (found.lost, found.added, found.gone, found.kept) == (("x",), ("fresh",), ("y",), 1)
    assert found.idle == ('"y" = "b"',)
    assert found.plan == plan
