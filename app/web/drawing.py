"""A drawn pair of rows: mapped at once where it is plain, else the ways that it could be meant are shown."""

from typing import Any

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from app import mapping, messages
from app.mapping.drawing import DrawingError, Drawn, Suggestion, draw, generalise
from app.mapping.edits import AddRule
from app.services import edits, mappings
from app.services.cards import Applied, Said
from app.viewing.labels import path_text
from app.viewing.sizes import shape_text
from app.web.asking import Body, House
from app.web.edits import Chosen, Done, chosen, finished
from app.web.rendering import Context, data, filled, fragment

router = APIRouter()


class Choice(msgspec.Struct, frozen=True):
    """One way that a drawn pair could be meant, ready to be shown."""

    statements: tuple[str, ...]
    words: str
    hits: int
    misses: int
    collisions: int
    value: str


class Fit(Context, frozen=True):
    """The dialog of ways."""

    source: str
    target: str
    source_shape: str
    target_shape: str
    choices: tuple[Choice, ...]
    missed: tuple[str, ...]


class Fitting(msgspec.Struct, frozen=True):
    """Nothing was mapped: the person has to choose."""

    fit: str


class Offer(msgspec.Struct, frozen=True):
    """The general rule behind a pair that was just mapped; `instead`: the rules of that pair, which it makes needless."""

    text: str
    action: str
    statements: tuple[str, ...]
    instead: tuple[str, ...]


class Offered(msgspec.Struct, frozen=True):
    """An edit that was done, with an offer."""

    version: int
    said: str
    undo: bool
    redo: bool
    meter: str
    rebased: bool
    offer: Offer | None = None


@router.post("/t/{transfer}/draw")
def drawn(request: Request, house: House, transfer: str, body: Body) -> Response:
    """Map what was drawn, or show what it could mean."""
    picked = chosen(request, house, transfer, body)
    if len(picked.rows.s) == len(picked.rows.t) == 1:
        return _pair(request, house, picked)
    return data(_several(request, house, picked))


def _pair(request: Request, house: Any, picked: Chosen) -> Response:
    sides = _drawn(picked)
    ws = picked.workspace
    found = draw(picked.scene.source, ws.target, *sides, name=picked.scene.name, now=ws.evaluation)
    first = found[0]
    if len(found) > 1 or not first.plain or picked.rows.ask:
        return data(Fitting(_dialog(request, picked, found)))
    done = finished(request, house, _mapped(house, picked, first), picked.scene.name)
    return data(_with_offer(done, picked, sides, first))


def _drawn(picked: Chosen) -> tuple[Drawn, Drawn]:
    def side(name: str, number: int) -> Drawn:
        outline = picked.scene.outline(name)
        return Drawn(outline.keys(number), len(outline.node(number).segments))

    return side("s", picked.rows.s[0]), side("t", picked.rows.t[0])


def _mapped(house: Any, picked: Chosen, suggestion: Suggestion) -> Applied:
    """Add the rules in front of the others, so that what a person drew wins."""
    label = Said("edit-mapped", {"count": len(suggestion.hits)})
    return add_rules(house, picked, suggestion.rules, label)


def add_rules(house: Any, picked: Chosen, rules: tuple[mapping.Rule, ...], label: Said) -> Applied:
    """Put rules where they win over those that are there."""
    changes = [AddRule(rule, at) for at, rule in enumerate(rules)]
    return edits.apply(house, picked.workspace.id, picked.rows.version, changes, label=label, client=picked.rows.client, by=picked.by)


def _several(request: Request, house: Any, picked: Chosen) -> Done:
    """Several rows: those of both sides are paired in their order, their keys too, and shapes must agree."""
    source, target = picked.keys("s"), _keys_from(picked, len(picked.rows.s))
    pairs = _in_order(source, target, picked)
    if not pairs:
        raise DrawingError("drawn_no_names_agree", source=source[0] if source else "", target=target[0] if target else "")
    applied = mappings.draw(
        house, picked.workspace.id, picked.rows.version, pairs, source=picked.scene.name, client=picked.rows.client, by=picked.by
    )
    return finished(request, house, applied, picked.scene.name)


def _keys_from(picked: Chosen, count: int) -> tuple[str, ...]:
    """Keys of the chosen target rows; where several rows were drawn onto one, that one and those after it, as many as there are."""
    outline, rows = picked.scene.target_outline, picked.rows.t
    if len(rows) == 1 and outline.node(rows[0]).leaf:
        siblings = outline.nodes[outline.node(rows[0]).parent].children
        place = siblings.index(rows[0])
        rows = tuple(siblings[place : place + count])
    return tuple(key for row in rows for key in outline.keys(row))


def _in_order(source: tuple[str, ...], target: tuple[str, ...], picked: Chosen) -> list[tuple[str, str]]:
    trees = picked.scene.source.tensors, picked.workspace.target.tensors
    if len(source) != len(target):
        return []
    pairs = list(zip(source, target, strict=True))
    return pairs if all(trees[0][a].shape == trees[1][b].shape for a, b in pairs) else []


def _dialog(request: Request, picked: Chosen, found: tuple[Suggestion, ...]) -> str:
    scene, rows = picked.scene, picked.rows
    outlines = scene.source_outline, scene.target_outline
    nodes = outlines[0].node(rows.s[0]), outlines[1].node(rows.t[0])
    return fragment(
        request,
        "transfer/_fit.html",
        Fit(
            path_text(nodes[0], outlines[0]),
            path_text(nodes[1], outlines[1]),
            shape_text(nodes[0].info.shape) if nodes[0].leaf and nodes[0].info else "",
            shape_text(nodes[1].info.shape) if nodes[1].leaf and nodes[1].info else "",
            tuple(choice_of(each) for each in found),
            found[0].misses[:6],
        ),
    )


def choice_of(suggestion: Suggestion) -> Choice:
    """Prepare one suggestion for the page."""
    statements = tuple(mapping.statement(rule) for rule in suggestion.rules)
    words = filled(f"suggestion-{suggestion.code.replace('_', '-')}", suggestion.params)
    return Choice(
        statements,
        words,
        len(suggestion.hits),
        len(suggestion.misses),
        len(suggestion.collisions),
        msgspec.json.encode(statements).decode(),
    )


def _with_offer(done: Done, picked: Chosen, sides: tuple[Drawn, Drawn], mapped: Suggestion) -> Offered:
    ws = picked.workspace
    wider = generalise(picked.scene.source, ws.target, *sides, name=picked.scene.name, now=ws.evaluation)
    offer = None
    if wider is not None:
        count = len(wider.hits)
        text = messages.text("offer-general", count=count, collisions=len(wider.collisions))
        rules, own = (tuple(map(mapping.statement, each.rules)) for each in (wider, mapped))
        offer = Offer(text, messages.text("offer-take"), rules, own)
    return Offered(done.version, done.said, done.undo, done.redo, done.meter, done.rebased, offer)
