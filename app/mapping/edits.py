"""Edits of a plan as values: they can be kept, applied, inverted, and refused where the rule that they speak of is gone.

A rule is named by its statement and its index; where the plan has changed in the meantime, the index is a hint and the statement decides.
"""

from typing import TypeAlias

import msgspec

from app.mapping.errors import EditError
from app.mapping.plan import Plan, Rule
from app.mapping.text import statement
from app.mapping.validation import check_rule


class AddRule(msgspec.Struct, frozen=True, tag="add", omit_defaults=True):
    """Put a rule in at a position (None: at the end)."""

    rule: Rule
    at: int | None = None


class RemoveRule(msgspec.Struct, frozen=True, tag="remove"):
    """Take a rule out."""

    at: int
    statement: str


class ReplaceRule(msgspec.Struct, frozen=True, tag="replace"):
    """Put a rule in another's place; also for its note, author, confidence."""

    at: int
    statement: str
    rule: Rule


class MoveRule(msgspec.Struct, frozen=True, tag="move"):
    """Move a rule to another position, counted without it."""

    at: int
    statement: str
    to: int


class EnableRule(msgspec.Struct, frozen=True, tag="enable"):
    """Switch a rule on or off."""

    at: int
    statement: str
    enabled: bool


class SetPlan(msgspec.Struct, frozen=True, tag="set"):
    """Put another plan in place of the whole."""

    plan: Plan


class Several(msgspec.Struct, frozen=True, tag="several"):
    """Edits that are one step for a person, in order."""

    edits: tuple["Edit", ...]


Edit: TypeAlias = AddRule | RemoveRule | ReplaceRule | MoveRule | EnableRule | SetPlan | Several


def apply(plan: Plan, edit: Edit) -> Plan:
    """Return the plan after an edit; EditError `rule_gone` where its rule is not there, PlanError where the new rule does not hold."""
    rules = list(plan.rules)
    match edit:
        case SetPlan():
            return edit.plan
        case Several():
            for one in edit.edits:
                plan = apply(plan, one)
            return plan
        case AddRule():
            check_rule(edit.rule)
            rules.insert(len(rules) if edit.at is None else max(0, min(edit.at, len(rules))), edit.rule)
        case RemoveRule():
            del rules[find(plan, edit.at, edit.statement)]
        case ReplaceRule():
            check_rule(edit.rule)
            rules[find(plan, edit.at, edit.statement)] = edit.rule
        case MoveRule():
            rule = rules.pop(find(plan, edit.at, edit.statement))
            rules.insert(max(0, min(edit.to, len(rules))), rule)
        case EnableRule():
            at = find(plan, edit.at, edit.statement)
            rules[at] = msgspec.structs.replace(rules[at], enabled=edit.enabled)
    return msgspec.structs.replace(plan, rules=tuple(rules))


def find(plan: Plan, at: int, said: str) -> int:
    """Index of the rule that says this: at the place named, or the nearest; EditError `rule_gone` where none does."""
    if 0 <= at < len(plan.rules) and statement(plan.rules[at]) == said:
        return at
    found = [index for index, rule in enumerate(plan.rules) if statement(rule) == said]
    if not found:
        raise EditError("rule_gone", statement=said)
    return min(found, key=lambda index: abs(index - at))


def invert(plan: Plan, edit: Edit) -> Edit:
    """Return the edit that takes `edit` back, given the plan before it."""
    match edit:
        case SetPlan():
            return SetPlan(plan)
        case Several():
            return _invert_several(plan, edit)
        case AddRule():
            at = len(plan.rules) if edit.at is None else max(0, min(edit.at, len(plan.rules)))
            return RemoveRule(at, statement(edit.rule))
        case RemoveRule():
            at = find(plan, edit.at, edit.statement)
            return AddRule(plan.rules[at], at)
        case ReplaceRule():
            at = find(plan, edit.at, edit.statement)
            return ReplaceRule(at, statement(edit.rule), plan.rules[at])
        case MoveRule():
            at = find(plan, edit.at, edit.statement)
            return MoveRule(max(0, min(edit.to, len(plan.rules) - 1)), edit.statement, at)
        case EnableRule():
            at = find(plan, edit.at, edit.statement)
            return EnableRule(at, edit.statement, plan.rules[at].enabled)


def _invert_several(plan: Plan, edit: Several) -> Several:
    out: list[Edit] = []
    for one in edit.edits:
        out.append(invert(plan, one))
        plan = apply(plan, one)
    return Several(tuple(reversed(out)))


def touched(edit: Edit) -> frozenset[str]:
    """Return the statements of the rules that an edit speaks of or brings in."""
    match edit:
        case AddRule():
            return frozenset({statement(edit.rule)})
        case ReplaceRule():
            return frozenset({edit.statement, statement(edit.rule)})
        case RemoveRule() | MoveRule() | EnableRule():
            return frozenset({edit.statement})
        case Several():
            return frozenset().union(*(touched(one) for one in edit.edits))
        case SetPlan():
            return frozenset(statement(rule) for rule in edit.plan.rules)
