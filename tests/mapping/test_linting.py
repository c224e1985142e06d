"""Lint: each finding with keys that show it."""

import pytest

from app import messages
from app.mapping import lint, parse_plan
from tests.mapping.trees import tree

SOURCE = tree(
    {"module.fc.w": (2,), "module.fc_norm.w": (2,), "a.a.w": (2,), "l.0.q": (4, 4), "l.1.q": (4, 4), "l.0.k": (8, 4), "qkv": (12, 4)}
)
TARGET = tree(
    {"linear.w": (2,), "fc_norm.w": (2,), "t.0.q": (4, 4), "t.1.q": (4, 4), "t.0.k": (4, 8), "t.2.q": (4, 4), "q": (4, 4), "same": (2,)}
)


@pytest.mark.parametrize(
    ("lines", "code", "rule", "key"),
    [
        (['rename replace "nowhere" -> "x"'], "rename_dead", 0, None),
        (['rename replace "fc" -> "linear"'], "rename_unanchored", 0, "module.fc_norm.w"),
        (['rename replace "a." -> "b."'], "rename_twice", 0, "a.a.w"),
        (['rename strip_prefix "a."'], "rename_again", 0, "a.a.w"),
        (['rename regex "^l\\.\\d" -> "l"'], "rename_collision", 0, "l.0.q"),
        (['rename replace "fc" -> "lin"', 'rename strip_prefix "module.fc"'], "rename_order", 0, "module.fc.w"),
        (['"nowhere" = "qkv"'], "target_unknown", 0, None),
        (['"q" = "nowhere"'], "source_unknown", 0, "q"),
        (['ignore "nowhere"'], "source_unknown", 0, None),
        (['"t.{i}.q" = "l.{i}.q"', '"t.0.q" = "qkv"'], "shadowed", 1, "t.0.q"),
        (['"t.{i}.q" = "l.{i}.q"', '"t.{i:0..1}.q" = "l.{1-i}.q"'], "order", 1, "t.0.q"),
        (['"same" = "module.fc.w"', 'ignore "module.fc.w"'], "ignore_used", 1, "module.fc.w"),
        (['rename strip_prefix "module."', 'rename replace "fc_norm" -> "fc"', '"linear.w" = "fc.w"'], "collision", 2, "linear.w"),
        (['"t.{i}.q" = "l.{i}.q"', '"t.{i}.k" = transpose("l.{i}.k")'], "square", 0, "t.0.q"),
        (['"q" = chunk("qkv", 3)[0]'], "layout_unknown", 0, "q"),
        (['"t.{i}.q" = "l.{i}.q"'], "gap", 0, "t.2.q"),
    ],
)
def test_each_finding_shows_a_key(lines, code, rule, key):
    """The finding names its rule and a counterexample, and has words."""
    made = parse_plan("\n".join(("keygraft_plan 1", *lines)))
    found = [finding for finding in lint(made, {"": SOURCE}, TARGET) if finding.code == code]
    assert found, [finding.code for finding in lint(made, {"": SOURCE}, TARGET)]
    assert found[0].rule == rule
    assert key is None or key in found[0].keys or key in found[0].params.values()
    for finding in lint(made, {"": SOURCE}, TARGET):
        assert messages.text("lint-" + finding.code.replace("_", "-"), **finding.params)
        assert messages.text("lint-" + finding.code.replace("_", "-"), attribute="hint", **finding.params)


def test_induced_plans_have_no_errors(induced):
    """No rule of an induced plan is dead, and none collides."""
    for case, made in induced:
        found = lint(made, {"": case.source}, case.target)
        wrong = [
            finding
            for finding in found
            if finding.severity == "error" or finding.code in {"rename_dead", "target_unknown", "source_unknown", "shadowed"}
        ]
        assert wrong == [], case.name
