"""The plan as a file that needs nothing else: with what it expects of its sources, and its frozen target."""

from collections.abc import Mapping
from typing import Literal

from app.keys import KeyTree
from app.mapping import Plan, freeze, parse_plan, plan_from_json, plan_to_json, print_plan


def plan_file(plan: Plan, sources: Mapping[str, KeyTree], target: KeyTree, form: Literal["text", "json"] = "text") -> bytes:
    """Write a frozen plan; the same inputs give the same bytes."""
    frozen = freeze(plan, sources, target)
    return plan_to_json(frozen) if form == "json" else print_plan(frozen).encode()


def read_plan(data: bytes) -> Plan:
    """Read a plan in either spelling; PlanError says where it is wrong."""
    return plan_from_json(data) if data.lstrip()[:1] == b"{" else parse_plan(data.decode("utf-8-sig"))
