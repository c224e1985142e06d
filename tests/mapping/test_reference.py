"""The language reference: its examples are plans, its ops are those of the table."""

import json
import re

import pytest

from app.mapping import parse_plan, parse_rule, plan_from_json, plan_to_json, print_plan
from app.mapping.ops import OPS
from app.mapping.ops.reference import ops_reference


@pytest.fixture
def reference(root):
    """The text of docs/plan.md."""
    return (root / "docs" / "plan.md").read_text("utf-8")


def _blocks(text, kind):
    return re.findall(rf"^```{kind}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def test_every_example_is_a_plan(reference):
    """Each block reads, and survives both spellings."""
    blocks = _blocks(reference, "plan")
    assert len(blocks) >= 8
    for block in blocks:
        plan = parse_plan(block)
        assert parse_plan(print_plan(plan)) == plan
        assert plan_from_json(plan_to_json(plan)) == plan
    for block in _blocks(reference, "json"):
        plan = plan_from_json(block.encode())
        assert json.loads(plan_to_json(plan)) == json.loads(block)


def test_the_ops_are_those_of_the_table(reference):
    """The ops part is what `ops_reference()` writes; put its text behind the heading "Ops" after a change."""
    assert reference.endswith(ops_reference())
    lines = [block.strip() for block in _blocks(reference, "plan-line")]
    assert sorted(lines) == sorted(op.example.line for op in OPS.values())
    for line in lines:
        parse_rule(line)
