"""The two spellings of a plan: text for people, JSON for programs, without loss between them."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.mapping import (
    Bind,
    Call,
    FrozenTensor,
    Ignore,
    Init,
    Plan,
    PlanError,
    Ref,
    Rename,
    SourceExpectation,
    escape,
    parse_plan,
    parse_rule,
    plan_from_json,
    plan_schema,
    plan_to_json,
    print_plan,
    statement,
)

EXAMPLE = r"""keygraft_plan 1
rename strip_prefix "module."
rename regex "^blocks\.(\d+)" -> "layers.\1"
"layers.{i}.self_attn.q_proj.{p}"      = chunk("layers.{i}.attn.qkv.{p}", 3, dim=0)[0]                 # fused qkv
"layers.{i}.mlp.experts.gate_up"       = concat(stack("layers.{i}.experts.{e}.w1.weight"), stack("layers.{i}.experts.{e}.w3.weight"), dim=1)
"down_blocks.{i}.attentions.{j}.{rest*}" = "input_blocks.{3*i+j+1}.1.{rest*}"
"refinenet.{4-i}.{rest*}"              = "fusion.refinenet{i}.{rest*}"
"vision_tower.{rest*}"                 = vision:"visual.{rest*}"                                       # second, named source
init   "head.*" with model
ignore "head_dist.*"
"""

texts = st.text(max_size=20)
keys = texts.filter(bool).map(escape)
names = st.sampled_from(["", "vision", "text_2"])
args = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=4,
)
refs = st.builds(Ref, keys, names, st.booleans())
exprs = (
    refs
    | st.builds(lambda inner, dim: Call("stack", tuple(inner), {"dim": dim}), st.lists(refs, min_size=1, max_size=3), st.integers(-2, 2))
    | st.builds(lambda ref, at: Call("chunk", (ref,), {"chunks": 3}, at), refs, st.integers(0, 2))
    | st.builds(lambda ref, fill: Call("pad", (ref,), {"after": 2, "fill": fill}), refs, args)
)
carried = {"note": texts, "author": texts, "confidence": st.none() | st.floats(0, 1), "enabled": st.booleans()}
rules = (
    st.builds(Bind, keys, exprs, **carried)
    | st.builds(
        lambda find, to, source, **more: Rename("replace", find, to, source, **more),
        texts.filter(bool),
        texts,
        st.none() | names,
        **carried,
    )
    | st.builds(lambda find, **more: Rename("strip_prefix", find, **more), texts.filter(bool), **carried)
    | st.builds(Ignore, keys, st.none() | names, st.booleans(), **carried)
    | st.builds(
        lambda pattern, seed, **more: Init(pattern, "kaiming_normal", {"seed": seed}, **more), keys, st.integers(0, 2**40), **carried
    )
)
shapes = st.none() | st.lists(st.integers(0, 2**40), max_size=4).map(tuple)
plans = st.builds(
    lambda made, sources, target, benign: Plan(tuple(made), 1, sources, target, benign),
    st.lists(rules, max_size=5),
    st.dictionaries(names, st.builds(SourceExpectation, texts, st.integers(0, 2**40), st.lists(texts, max_size=2).map(tuple)), max_size=2),
    st.dictionaries(texts, st.builds(FrozenTensor, shapes, st.sampled_from(["F32", "BF16", "odd type"])), max_size=3),
    st.none() | st.lists(keys, max_size=2).map(tuple),
)


def test_the_example_of_the_design():
    """The plan that the design shows reads, and says the same in both spellings."""
    plan = parse_plan(EXAMPLE)
    assert len(plan.rules) == 9
    assert plan.rules[2].note == "fused qkv"
    assert parse_plan(print_plan(plan)) == plan
    assert plan_from_json(plan_to_json(plan)) == plan


@given(plans)
@settings(max_examples=300)
def test_text_and_json_lose_nothing(plan):
    """Any plan survives both spellings, whatever its notes and keys hold."""
    assert parse_plan(print_plan(plan)) == plan
    assert plan_from_json(plan_to_json(plan)) == plan
    assert print_plan(parse_plan(print_plan(plan))) == print_plan(plan)


@given(rules)
def test_a_statement_is_what_a_rule_says(rule):
    """Note, author, confidence and switch are no part of it; reading it gives the bare rule."""
    bare = parse_rule(statement(rule))
    assert statement(bare) == statement(rule)
    assert (bare.note, bare.author, bare.confidence, bare.enabled) == ("", "", None, True)


@pytest.mark.parametrize(
    ("line", "code", "column"),
    [
        ('"a" = ', "plan_text_expected", 7),
        ('"a" = "b', "plan_text_string", 7),
        ('"a" = frobnicate("b")', "op_unknown", 7),
        ('"a" = chunk("b", 3)[0', "plan_text_expected", 22),
        ('"a" = chunk("b", 3, 0, 1)', "plan_text_arguments", 7),
        ('"a" = chunk("b", 3, chunks=3)', "plan_text_argument_twice", 7),
        ('"a" = chunk("b")[0]', "op_argument_missing", 1),
        ('"a" = transpose("b", kind=1)', "op_argument_unknown", 1),
        ('"a" = transpose("b")[0]', "op_no_results", 1),
        ('"a" = "b.{e}"', "gather_alone", 1),
        ('"a" = transpose("b.{e}")', "gather_single", 1),
        ('"a" = stack("b.{x}")', "gather_text", 1),
        ('"a" = stack("b.{i}.{j}")', "gather_two", 1),
        ('"a.*" = "b.*"', "bind_star", 1),
        ('"a.{i+j}" = "b.{i}"', "bind_never_bare", 1),
        ('"a.{i}" = select("b", index={j})', "op_argument_placeholder", 1),
        ('rename regex "(?=a)" -> "b"', "regex_not_shared", 1),
        ('rename regex "(a)" -> "\\2"', "regex_group", 1),
        ('rename prefix "a"', "plan_text_expected", 8),
        ('init "a" with magic', "init_policy", 1),
        ('init "a" with constant', "init_argument_missing", 1),
        ('init "a.{2*i}"', "pattern_formula_alone", 1),
        ('"a" = raw:raw:"b"', "plan_text_expected", 11),
        ('"a" = 3', "plan_text_expected", 7),
        ("§", "plan_text_character", 1),
        ('"a" = "b" "c"', "plan_text_expected", 11),
    ],
)
def test_mistakes_name_their_place(line, code, column):
    """Each mistake says its line and column."""
    with pytest.raises(PlanError) as raised:
        parse_plan("keygraft_plan 1\n" + line + "\n")
    assert (raised.value.code, raised.value.params["line"], raised.value.params["column"]) == (code, 2, column)


def test_other_versions_are_refused_by_name():
    """A plan of a later format says so, in both spellings."""
    for read in (lambda: parse_plan("keygraft_plan 2\n"), lambda: plan_from_json(b'{"keygraft_plan": 2, "rules": []}')):
        with pytest.raises(PlanError) as raised:
            read()
        assert (raised.value.code, raised.value.params["version"]) == ("plan_version", "2")


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (b"[]", "plan_json_head"),
        (b"{", "plan_json_unreadable"),
        (b'{"rules": []}', "plan_json_head"),
        (b'{"keygraft_plan": 1, "rulez": []}', "plan_json_shape"),
        (b'{"keygraft_plan": 1, "rules": [{"type": "bind"}]}', "plan_json_shape"),
        (b'{"keygraft_plan": 1, "rules": [{"type": "init", "pattern": "a", "confidence": NaN}]}', "plan_json_unreadable"),
        (b"[" * 100_000, "plan_json_unreadable"),
    ],
)
def test_json_that_is_no_plan(document, code):
    """Wrong documents are refused, each in its own words."""
    with pytest.raises(PlanError) as raised:
        plan_from_json(document)
    assert raised.value.code == code


def test_the_schema_is_json():
    """The schema names every kind of rule."""
    text = json.dumps(plan_schema())
    assert all(f'"{kind}"' in text for kind in ("bind", "rename", "ignore", "init"))


def test_notes_stand_where_people_put_them():
    """A comment behind a rule and comments before it are its note."""
    plan = parse_plan('keygraft_plan 1\n# why\n# so\n"a" = "b"\n"c" = "d"  # because\n\r\n')
    assert [rule.note for rule in plan.rules] == ["why\nso", "because"]
