"""What an evaluator remembers changes nothing: after any edits the outcome is that of a fresh evaluation."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from app.mapping import AddRule, Evaluator, MoveRule, Plan, RemoveRule, apply, evaluate, parse_rule, statement
from tests.mapping.test_evaluation import written
from tests.mapping.trees import tree

RULES = [
    'rename strip_prefix "module."',
    'rename replace "enc" -> "dec"',
    'rename regex "^h\\.(\\d+)" -> "l.\\1"',
    '"l.{i}.w" = "h.{i}.w"',
    '"l.{i}.w" = "h.{2-i}.v"',
    '"l.{i}.{rest*}" = "h.{i}.{rest*}"',
    '"l.{i:1..2}.{p:w|b}" = "enc.{i}.{p}"',
    '"l.0.w" = "enc.0.w"',
    '"big" = stack("h.{i}.w", dim=0)',
    '"l.{i}.t" = transpose("h.{i}.w")',
    'init "l.{i}.*" with zeros',
    'init "l.1.w" with ones',
    'init "*.b"',
    'ignore "h.*"',
    'ignore raw:"module.*"',
    'ignore "enc.{i}.w"',
]
SHAPES = st.sampled_from([(2, 2), (2, 3), (3, 2, 2), ()])
TARGET = st.dictionaries(
    st.sampled_from([*(f"l.{i}.{p}" for i in range(3) for p in "wbvt"), "big", "dec.0.w", "bn.num_batches_tracked", "~int:3"]),
    SHAPES,
    min_size=1,
)
SOURCE = st.dictionaries(
    st.sampled_from([*(f"{m}.{i}.{p}" for m in ("h", "l", "enc", "module.h") for i in range(3) for p in "wbv"), "dec.0.w", "big"]), SHAPES
)
EDIT = st.tuples(st.sampled_from(["add", "front", "remove", "move", "switch"]), st.integers(0, 15), st.integers(0, 15))


@given(SOURCE, TARGET, st.lists(EDIT, min_size=1, max_size=8), st.data())
@settings(max_examples=150, deadline=None)
def test_edits_evaluated_one_after_the_other_come_out_as_from_the_start(source, target, edits, data):
    """Rules that are added, moved, switched and removed: every outcome, rule, reason and total is that of an evaluation without memory."""
    sides = {"": tree(source)}, _aliased(tree(target), data)
    evaluator, plan = Evaluator(*sides), Plan()
    for what, which, where in edits:
        plan = _edited(plan, what, which, where)
        assert written(evaluator.evaluate(plan)) == written(evaluate(plan, *sides))


@given(SOURCE, TARGET, st.lists(st.sampled_from(RULES), max_size=5), st.lists(st.sampled_from(RULES), max_size=5))
@settings(max_examples=100, deadline=None)
def test_what_changed_is_what_differs(source, target, first, second):
    """`changed` and `moves` between two plans say what a comparison of all keys says."""
    evaluator = Evaluator({"": tree(source)}, tree(target))
    before, after = (evaluator.evaluate(Plan(tuple(map(parse_rule, rules)))).targets for rules in (first, second))
    differs = {key for key in target if (before[key].state, before[key].recipe) != (after[key].state, after[key].recipe)}
    assert set(after.changed(before)) == differs
    moved = {pair: count for pair, count in after.moves(before).items() if pair[0] != pair[1]}
    states = [(before[key].state, after[key].state) for key in target]
    assert moved == {pair: states.count(pair) for pair in states if pair[0] != pair[1]}


@given(SOURCE, TARGET, st.lists(st.sampled_from(RULES), max_size=6))
@settings(max_examples=100, deadline=None)
def test_one_key_says_what_the_whole_says(source, target, rules):
    """A look-up of one key, on either side, and what is added up over rules agree with the mapping of all keys."""
    found = evaluate(Plan(tuple(map(parse_rule, rules))), {"": tree(source)}, tree(target))
    assert {key: found.targets[key] for key in found.targets} == dict(found.targets.items())
    assert {key: found.sources[""][key] for key in found.sources[""]} == dict(found.sources[""].items())
    by_rule = {}
    for outcome in found.targets.values():
        if outcome.rule is not None:
            by_rule[outcome.rule, outcome.state] = by_rule.get((outcome.rule, outcome.state), 0) + 1
    assert found.targets.decided() == by_rule
    for index in range(len(rules)):
        assert set(found.targets.of_rule(index)) == {key for key, outcome in found.targets.items() if outcome.rule == index}
    assert found.sources[""].used == {key for key, outcome in found.sources[""].items() if outcome.state == "used"}


def _aliased(target, data):
    """The target, perhaps with one more key that shares its memory with the first."""
    if data.draw(st.booleans()):
        return target
    first, info = next(iter(target.tensors.items()))
    return msgspec.structs.replace(target, tensors=target.tensors | {"tied.weight": msgspec.structs.replace(info, alias=first)})


def _edited(plan, what, which, where):
    rules = plan.rules
    if what in {"add", "front"} or not rules:
        return apply(plan, AddRule(parse_rule(RULES[which]), None if what == "add" else 0))
    at = which % len(rules)
    if what == "remove":
        return apply(plan, RemoveRule(at, statement(rules[at])))
    if what == "move":
        return apply(plan, MoveRule(at, statement(rules[at]), where % len(rules)))
    changed = msgspec.structs.replace(rules[at], enabled=not rules[at].enabled)
    return msgspec.structs.replace(plan, rules=(*rules[:at], changed, *rules[at + 1 :]))
