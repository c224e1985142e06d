"""The spelling of plans for programs: JSON, without loss beside the text."""

import json
from collections.abc import Callable
from typing import Any

import msgspec

from app.mapping.errors import PlanError
from app.mapping.plan import FORMAT_VERSION, FrozenTensor, Plan, Rule, SourceExpectation
from app.mapping.text import LONGEST
from app.mapping.validation import check_rule, check_source


class PlanDocument(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A plan as JSON writes it; `keygraft_plan` is the version of the format."""

    keygraft_plan: int
    rules: tuple[Rule, ...] = ()
    sources: dict[str, SourceExpectation] = {}
    target: dict[str, FrozenTensor] = {}
    benign: tuple[str, ...] | None = None


def plan_to_json(plan: Plan) -> bytes:
    """Write a plan as JSON, one rule and one frozen key a line, so that differences read well; `plan_from_json` gives the same plan back."""
    document = PlanDocument(plan.version, plan.rules, plan.sources, plan.target, plan.benign)
    values: dict[str, Any] = msgspec.to_builtins(document)
    write = json.JSONEncoder(ensure_ascii=not _encodable(values)).encode
    return ("{\n" + ",\n".join(f"  {write(name)}: {_lines(value, write)}" for name, value in values.items()) + "\n}\n").encode()


def _lines(value: object, write: Callable[[object], str]) -> str:
    if isinstance(value, list | tuple) and value:
        return "[\n" + ",\n".join(f"    {write(item)}" for item in value) + "\n  ]"
    if isinstance(value, dict) and value:
        return "{\n" + ",\n".join(f"    {write(key)}: {write(item)}" for key, item in value.items()) + "\n  }"
    return write(value)


def _encodable(values: object) -> bool:
    try:
        json.dumps(values, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def plan_from_json(data: bytes) -> Plan:
    """Read a plan from JSON; PlanError says what is wrong and where."""
    if len(data) > LONGEST:
        raise PlanError("plan_long", most=LONGEST)
    try:
        values = json.loads(data, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        line, column = (error.lineno, error.colno) if isinstance(error, json.JSONDecodeError) else (1, 1)
        raise PlanError("plan_json_unreadable", line=line, column=column) from error
    version = values.get("keygraft_plan") if isinstance(values, dict) else None
    if version is None:
        raise PlanError("plan_json_head")
    if version != FORMAT_VERSION or isinstance(version, bool):
        raise PlanError("plan_version", line=1, column=1, version=str(version)[:40], known=FORMAT_VERSION)
    try:
        document = msgspec.convert(values, PlanDocument)
    except (msgspec.ValidationError, RecursionError) as error:
        raise PlanError("plan_json_shape", problem=str(error)) from error
    for name in document.sources:
        check_source(name)
    for rule in document.rules:
        check_rule(rule)
    return Plan(document.rules, version, document.sources, document.target, document.benign)


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


def plan_schema() -> dict[str, Any]:
    """JSON schema of a plan document (draft 2020-12)."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(PlanDocument)}
