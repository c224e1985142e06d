"""Rules: the list in the drawer, and what can be done to one of them."""

from typing import Any, Literal

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from app import mapping
from app.mapping.edits import AddRule, Edit, EnableRule, MoveRule, RemoveRule, ReplaceRule, find
from app.mapping.plan import Rule
from app.services import documents, edits, findings, foreseeing, workspaces
from app.services.cards import Oddity, Said
from app.services.foreseeing import Foreseen
from app.services.plain import plain
from app.viewing.rulebook import RuleLine, rulebook
from app.web.asking import Body, House, Visitor, parse
from app.web.edits import done
from app.web.rendering import Context, data, fragment, page

router = APIRouter()
_NOTE = 2000
"""Longest note of a rule."""


class Rules(Context, frozen=True):
    """The tab of rules."""

    lines: tuple[RuleLine, ...]
    oddities: dict[int | None, list[Oddity]]
    odd: int
    looking: bool = False


class RulesAsk(msgspec.Struct, frozen=True):
    """Rules to add, as text; `instead`: rules that they make needless, which go where they are still there."""

    version: int
    statements: tuple[str, ...]
    client: str = ""
    source: str = ""
    instead: tuple[str, ...] = ()


class RuleAsk(msgspec.Struct, frozen=True):
    """Something to do to one rule, named by its place and what it said."""

    version: int
    index: int
    was: str
    act: Literal["toggle", "delete", "up", "down", "move", "replace", "note"]
    statement: str = ""
    to: int = 0
    note: str = ""
    client: str = ""
    source: str = ""


class ForeseeAsk(msgspec.Struct, frozen=True):
    """A rule that is being typed; `index` is the rule that it would replace."""

    statement: str
    index: int | None = None


class ForeseenPart(Context, frozen=True):
    """What a rule would do."""

    seen: Foreseen


@router.get("/t/{transfer}/rules")
def listed(request: Request, house: House, transfer: str) -> Response:
    """Show the rules in words and in code, with what each does."""
    ws = workspaces.open_workspace(house, transfer)
    found = findings.of(house, ws)
    oddities: dict[int | None, list[Oddity]] = {}
    for each in found or ():
        oddities.setdefault(each.rule, []).append(documents.oddity(each))
    return page(request, "transfer/_rules.html", Rules(rulebook(ws.plan, ws.evaluation), oddities, len(found or ()), found is None))


@router.post("/t/{transfer}/rules")
def add(request: Request, house: House, visitor: Visitor, transfer: str, body: Body) -> Response:
    """Add rules in front of the others, so that they win."""
    asked = parse(body, RulesAsk)
    rules = [mapping.parse_rule(statement) for statement in asked.statements]
    changes: list[Edit] = [*_without(house, transfer, asked), *(AddRule(rule, at) for at, rule in enumerate(rules))]
    label = Said("edit-rules", {"count": len(rules)})
    return done(
        request,
        house,
        edits.apply(house, transfer, asked.version, changes, label=label, client=asked.client, by=visitor.person),
        asked.source,
    )


def _without(house: Any, transfer: str, asked: RulesAsk) -> list[Edit]:
    """Take the rules out that others stand for now, the last first."""
    if not asked.instead:
        return []
    said = list(map(mapping.statement, workspaces.open_workspace(house, transfer).plan.rules))
    places = sorted((said.index(each) for each in dict.fromkeys(asked.instead) if each in said), reverse=True)
    return [RemoveRule(at, said[at]) for at in places]


@router.post("/t/{transfer}/rules/foresee")
def foresee(request: Request, house: House, transfer: str, body: Body) -> Response:
    """Say what a rule would do, while it is typed."""
    asked = parse(body, ForeseeAsk)
    seen = foreseeing.foresee(house, transfer, asked.statement, asked.index)
    return data({"report": fragment(request, "transfer/_foreseen.html", ForeseenPart(seen))})


@router.post("/t/{transfer}/rule")
def change(request: Request, house: House, visitor: Visitor, transfer: str, body: Body) -> Response:
    """Switch, move, change or delete a rule."""
    asked = parse(body, RuleAsk)
    ws = workspaces.open_workspace(house, transfer)
    at = find(ws.plan, asked.index, asked.was)
    edit = _edit(asked, at, ws.plan.rules[at])
    label = Said(f"edit-rule-{asked.act}", {"number": at + 1})
    return done(
        request,
        house,
        edits.apply(house, transfer, asked.version, [edit], label=label, client=asked.client, by=visitor.person),
        asked.source,
    )


def _edit(asked: RuleAsk, at: int, rule: Rule) -> Edit:
    match asked.act:
        case "toggle":
            return EnableRule(at, asked.was, not rule.enabled)
        case "delete":
            return RemoveRule(at, asked.was)
        case "up" | "down":
            return MoveRule(at, asked.was, max(0, at + (1 if asked.act == "down" else -1)))
        case "move":
            return MoveRule(at, asked.was, max(0, asked.to))
        case "note":
            return ReplaceRule(at, asked.was, msgspec.structs.replace(rule, note=plain(asked.note.strip(), _NOTE)))
        case "replace":
            new = mapping.parse_rule(asked.statement)
            kept = {"note": rule.note, "author": rule.author, "enabled": rule.enabled}
            return ReplaceRule(at, asked.was, msgspec.structs.replace(new, **kept))
