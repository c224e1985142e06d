"""Edits: values that can be applied, taken back, and refused."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.mapping import (
    AddRule,
    Bind,
    EditError,
    EnableRule,
    Init,
    MoveRule,
    Plan,
    PlanError,
    Ref,
    RemoveRule,
    ReplaceRule,
    SetPlan,
    Several,
    apply,
    digest,
    evaluate,
    freeze,
    invert,
    parse_plan,
    statement,
    thaw,
    touched,
    unmet,
)
from tests.mapping.trees import tree

RULES = [Bind(f"t{at}", Ref(f"s{at}"), note=f"n{at}") for at in range(5)]


@st.composite
def plans_and_edits(draw):
    """A plan, and an edit that fits it."""
    plan = Plan(tuple(RULES[: draw(st.integers(0, 4))]))
    return plan, draw(edits_of(plan))


def edits_of(plan):
    """Edits that fit a plan."""
    new = st.builds(lambda at: Init(f"new{at}"), st.integers(0, 3))
    choices = [st.builds(AddRule, new, st.none() | st.integers(-2, 8)), st.builds(lambda rule: SetPlan(Plan((rule,))), new)]
    if plan.rules:
        places = st.integers(0, len(plan.rules) - 1)
        said = {at: statement(rule) for at, rule in enumerate(plan.rules)}
        choices += [
            places.map(lambda at: RemoveRule(at, said[at])),
            st.builds(lambda at, rule: ReplaceRule(at, said[at], rule), places, new),
            st.builds(lambda at, to: MoveRule(at, said[at], to), places, st.integers(-1, 6)),
            st.builds(lambda at, on: EnableRule(at, said[at], on), places, st.booleans()),
        ]
    return st.one_of(choices)


@given(plans_and_edits())
def test_every_edit_can_be_taken_back(pair):
    """Undo gives the very plan back; so does redo."""
    plan, edit = pair
    after = apply(plan, edit)
    back = invert(plan, edit)
    assert apply(after, back) == plan
    assert apply(apply(after, back), invert(after, back)) == after


@given(st.data())
def test_several_edits_are_one_step(data):
    """Edits in a row are taken back in one."""
    plan = Plan(tuple(RULES[:3]))
    first = data.draw(edits_of(plan))
    second = data.draw(edits_of(apply(plan, first)))
    edit = Several((first, second))
    assert apply(apply(plan, edit), invert(plan, edit)) == plan
    assert touched(edit) == touched(first) | touched(second)


def test_an_edit_finds_its_rule_where_it_is_now():
    """The statement decides, the place is a hint; a rule that is gone is said."""
    plan = Plan(tuple(RULES[:3]))
    edit = RemoveRule(2, statement(RULES[2]))
    moved = apply(plan, MoveRule(2, statement(RULES[2]), 0))
    assert apply(moved, edit).rules == (RULES[0], RULES[1])
    with pytest.raises(EditError) as raised:
        apply(apply(plan, edit), edit)
    assert raised.value.code == "rule_gone"
    assert raised.value.status == 409


def test_an_edit_cannot_bring_in_a_bad_rule():
    """Rules are checked when they come in."""
    with pytest.raises(PlanError):
        apply(Plan(), AddRule(Bind("a", Ref("b.{e}"))))


def test_edits_are_documents():
    """They survive JSON, for the database."""
    edit = Several((AddRule(RULES[0], 1), SetPlan(Plan((RULES[1],))), EnableRule(0, "x", enabled=False)))
    assert msgspec.json.decode(msgspec.json.encode(edit), type=Several) == edit


def test_a_frozen_plan_needs_no_trees():
    """It carries what it expects and the target; another source is noticed, in whatever order keys are listed."""
    source, target = tree({"a": (2,), "b": (3,)}), tree({"a": (2,), "c": None})
    frozen = freeze(parse_plan('keygraft_plan 1\n"c" = "b"'), {"": source}, target)
    assert thaw(frozen).tensors.keys() == target.tensors.keys()
    assert evaluate(frozen, {"": source}, thaw(frozen)).targets == evaluate(frozen, {"": source}, target).targets
    assert unmet(frozen, {"": source}) == []
    assert unmet(frozen, {"": tree({"b": (3,), "a": (2,)})}) == []
    assert unmet(frozen, {"": tree({"a": (2,), "b": (4,)})}) == [""]
    assert digest(source) != digest(tree({"a": (2,), "b": (3,)}, dtype="F16"))
