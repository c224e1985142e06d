"""Numbers, chips, rules and verdicts as people read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import mapping, messages
from app.mapping.claims import Claim
from app.viewing import sizes
from app.viewing.detail import detail
from app.viewing.rulebook import rulebook
from app.viewing.states import SOURCE_STATES, TARGET_STATES, TONES, URGENCY
from app.viewing.verdict import verdict

from .trees import scene, tree


@pytest.mark.parametrize(
    ("numbers", "text"),
    [((0, 1, 2), "0–2"), ((5,), "5"), ((0, 2, 3), "0, 2–3"), ((0, 2, 4, 6), "0, 2 … 6"), ((1, 3, 4, 6, 8, 9, 12), "1, 3–4, 6, …, 12")],
)
def test_ranges(numbers, text):
    """Indices as a person would write them."""
    assert sizes.ranges_text(numbers) == text


@pytest.mark.parametrize(("number", "text"), [(0, "0"), (999, "999"), (86_567_656, "86.6 M"), (8_030_261_248, "8.03 B"), (1_000, "1 K")])
def test_short_counts(number, text):
    """Three digits are enough."""
    assert sizes.short_count(number) == text


@pytest.mark.parametrize(("number", "text"), [(12, "12 B"), (1_500, "1.5 kB"), (346_284_000, "346 MB")])
def test_bytes(number, text):
    """Decimal units."""
    assert sizes.bytes_text(number) == text


@given(st.integers(0, 10**12), st.integers(1, 10**12))
def test_percent_is_never_rounded_to_an_end(part, whole):
    """100 means all, 0 means nothing."""
    text = sizes.percent(part, whole)
    assert (text == "100") == (part >= whole)
    assert (text == "0") == (part == 0)


def test_every_state_has_words_tone_and_place():
    """No state is without a sentence, a reason, a colour."""
    for state in {*TARGET_STATES, *SOURCE_STATES}:
        assert messages.has(f"state-{state}")
        assert messages.has(f"why-{state}")
        assert state in TONES
        assert state in URGENCY


RULES = (
    '"a" = "b"',
    '"c" = transpose("d")',
    'rename strip_prefix "m."',
    'rename add_prefix "m."',
    'rename replace "x" -> "y"',
    r'rename regex "^z(\d)" -> "w\1"',
    'ignore "e"',
    'init "f" with zeros',
)


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_is_said_in_words(rule):
    """Each kind of rule has its sentence, filled without a hole."""
    plan = mapping.Plan((mapping.parse_rule(rule),))
    (line,) = rulebook(plan, mapping.evaluate(plan, {"": tree("b", "d", "e")}, tree("a", "c", "f")))
    assert messages.text(f"rule-{line.words}", "en", None, **line.params)
    assert line.statement == mapping.statement(plan.rules[0])


def test_rules_count_what_they_do():
    """Keys filled, keys that do not fit, keys left behind."""
    plan = mapping.parse_plan('keygraft_plan 1\n"t.{i}" = "s.{i}"\nignore "old*"')
    found = mapping.evaluate(plan, {"": tree("s.0", "s.1", "old")}, tree("t.0", "t.1", t__1=(9,)))
    first, second = rulebook(plan, found)
    assert (first.hits, first.failing, second.hits) == (1, 1, 1)


def test_the_verdict_speaks_as_torch_does():
    """The words of load_state_dict, with both shapes."""
    made = scene(tree("a"), tree("a", "b", a=(2,)))
    text = verdict(made.evaluation, made.sources, made.target)
    assert 'Missing key(s) in state_dict: "b"' in text
    assert "size mismatch for a: copying a param with shape [4, 4] from checkpoint, the shape in current model is [2]." in text
    clean = scene(tree("a"), tree("a"))
    assert verdict(clean.evaluation, clean.sources, clean.target) == "<All keys matched successfully>"


def test_the_detail_of_every_row_can_be_gathered():
    """Whatever is selected, on both sides: there is something to say."""
    made = scene(tree("m.a", "m.b", "x"), tree("m.a", "m.b", "y", m__b=(1,)))
    for side in ("s", "t"):
        for node in made.outline(side).nodes[1:]:
            shown = detail(made, mapping.Plan(), side, node.id)
            assert shown.total == node.total
            assert messages.has(f"state-{shown.state}")


def test_the_detail_of_a_source_row_says_where_a_proposal_would_take_it():
    """The key that waits for it and why, while the choice between candidates stands at the target row."""
    made = scene(tree("a", "c"), tree("b", "d"), proposals={"b": Claim(("a",)), "d": Claim(("c",), names=("other",))})
    rows = made.outline("s").leaf_of
    shown = detail(made, mapping.Plan(), "s", rows["a"])
    assert (shown.state, [fact.key for fact in shown.partners], shown.candidates) == ("proposed", ["b"], ())
    assert detail(made, mapping.Plan(), "s", rows["c"]).partners == ()
