"""What uses each op, worked out again from plans."""

import re
from collections import defaultdict

from app.mapping import Bind, Call, parse_rule
from app.mapping.importing import import_transformers
from app.mapping.ops import OPS, ops_table
from app.mapping.ops.usage import CONVERSIONS, DIALECTS
from tests.mapping.test_importing import MIXTRAL
from tests.mapping.trees import tree


def _ops(rules):
    def inside(value):
        if isinstance(value, Call):
            yield value.op
            for part in value.inputs:
                yield from inside(part)

    return {op for rule in rules if isinstance(rule, Bind) for op in inside(rule.value)}


def test_conversions_use_what_is_said(induced):
    """The kinds of conversions named for an op are those whose plans have it, no more and no less."""
    found = defaultdict(set)
    for case, plan in induced:
        for op in _ops(plan.rules):
            found[op].add(case.family)
    assert {op: tuple(sorted(kinds)) for op, kinds in found.items()} == CONVERSIONS


def test_dialects_use_what_is_said():
    """A conversion list of transformers is read as rules with the ops named for it."""
    source = tree(
        {f"m.{i}.block_sparse_moe.experts.{e}.w{w}.weight": (4, 6) for i in range(2) for e in range(3) for w in (1, 2, 3)}
        | {f"m.{i}.self_attn.qkv.weight": (12, 4) for i in range(2)}
    )
    target = tree(
        {f"m.{i}.mlp.experts.gate_up_proj": (3, 8, 6) for i in range(2)}
        | {f"m.{i}.mlp.experts.down_proj": (3, 4, 6) for i in range(2)}
        | {f"m.{i}.self_attn.{p}.weight": (4, 4) for i in range(2) for p in "qkv"}
    )
    found = _ops(import_transformers(MIXTRAL, {"": source}, target).rules)
    assert found == {op for op, names in DIALECTS.items() if "transformers" in names}


def test_every_op_is_used(root):
    """Each op has a rule in the reference, under its own heading, that uses it; none is used nowhere."""
    sections = re.split(r"^#### ", (root / "docs/plan.md").read_text("utf-8"), flags=re.MULTILINE)[1:]
    shown = {}
    for section in sections:
        line = re.search(r"^```plan-line\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
        shown[section.split("\n", 1)[0]] = _ops([parse_rule(line[1].strip())]) if line else set()
    for row in ops_table():
        assert row["name"] in shown[row["name"]]
        assert f"docs/plan.md#{row['name']}" in row["used_in"]
    assert set(CONVERSIONS) | set(DIALECTS) <= set(OPS) == set(shown)
