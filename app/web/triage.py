"""The triage view: one open case at a time, its ranked options, and what is left when all are settled."""

from typing import Any

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from app.keys import TensorInfo
from app.mapping.outcomes import Reason
from app.services import triaging, workspaces
from app.services.triaging import Turn
from app.services.workspaces import Workspace
from app.viewing.labels import Part, label_of
from app.viewing.neighbours import Neighbour, neighbours
from app.viewing.nodes import Outline
from app.viewing.options import Option
from app.viewing.outlines import outline_of
from app.viewing.scene import Scene
from app.viewing.sizes import shape_text
from app.web.asking import WAITED_FOR, Body, House, Visitor, parse
from app.web.edits import done
from app.web.rendering import Context, data, filled, fragment
from app.web.scenes import scene_of

router = APIRouter()
_SHOWN = 3
"""Tensors of a case that are shown by name."""


class Look(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which case is wanted: by name and how many after it, or the one that a row is part of; else the next that was not skipped."""

    source: str = ""
    at: str = ""
    step: int = 0
    row: int = 0
    skipped: frozenset[str] = frozenset()
    folded: tuple[bool, bool] = (True, True)


class Decide(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An option of a case, taken."""

    version: int
    case: str
    token: str
    client: str = ""
    source: str = ""


class Line(msgspec.Struct, frozen=True):
    """One option as it is shown; `words` says what is done on the way."""

    option: Option
    words: str
    confidence: str


class Tensor(msgspec.Struct, frozen=True):
    """Tensors of a case that look alike: a name, shape and dtype."""

    name: str
    shape: str
    dtype: str


class Triage(Context, frozen=True):
    """The view; `looking`: the mapper has not answered yet; what the meter says at the end."""

    turn: Turn
    path: tuple[Part, ...]
    tensors: tuple[Tensor, ...]
    cls: str
    lines: tuple[Line, ...]
    reasons: tuple[Reason, ...]
    beside: tuple[Neighbour, ...]
    looking: bool
    passes: bool
    fresh: int
    loaded: int


class Shown(msgspec.Struct, frozen=True):
    """The view for a script: markup, the case, and the rows that it stands for as the panes are folded now."""

    version: int
    html: str
    case: str
    rows: tuple[int, ...]


@router.post("/t/{transfer}/triage", dependencies=WAITED_FOR)
def look(request: Request, house: House, transfer: str, body: Body) -> Response:
    """Show a case, or that nothing is left."""
    asked = parse(body, Look)
    ws = workspaces.open_workspace(house, transfer)
    scene = scene_of(request, ws, asked.source)
    current = outline_of(ws.target, folded=asked.folded[1])
    key = current.keys(asked.row)[0] if 0 < asked.row < len(current) else ""
    at = triaging.beside(scene, asked.at, asked.step) if asked.step else asked.at
    turn = triaging.turn(scene, at=at, key=key, skipped=asked.skipped)
    html = fragment(request, "transfer/_triage.html", _view(scene, ws, turn))
    case = turn.case
    return data(Shown(ws.version, html, case.id if case else "", _rows(current, case.keys) if case else ()))


@router.post("/t/{transfer}/decide")
def decide(request: Request, house: House, visitor: Visitor, transfer: str, body: Body) -> Response:
    """Settle a case by one of its options."""
    asked = parse(body, Decide)
    scene = scene_of(request, workspaces.open_workspace(house, transfer, by=visitor.person), asked.source)
    applied = triaging.decide(house, scene, transfer, asked.version, asked.case, asked.token, client=asked.client, by=visitor.person)
    return done(request, house, applied, asked.source)


def _rows(outline: Outline, keys: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(outline.leaf_of[key] for key in keys))


def _view(scene: Scene, ws: Workspace, turn: Turn) -> Triage:
    case, meter = turn.case, scene.meter
    rest: dict[str, Any] = {
        "looking": ws.proposing and not scene.pending,
        "passes": meter.passes,
        "fresh": meter.fresh,
        "loaded": meter.loaded,
    }
    if case is None:
        return Triage(turn, (), (), "", (), (), (), **rest)
    outline = outline_of(ws.target)
    first = case.keys[0]
    proposal, outcome = scene.proposals.get(first), scene.evaluation.targets[first]
    module = ws.target.modules.get(first.rpartition(ws.target.separator)[0])
    return Triage(
        turn,
        _path(outline, case.node),
        _tensors(outline, ws.target.tensors, case.keys),
        module.cls if module else "",
        tuple(_line(option) for option in turn.options),
        proposal.reasons if proposal else ((outcome.reason,) if outcome.reason else ()),
        neighbours(scene, case.node),
        **rest,
    )


def _path(outline: Outline, number: int) -> tuple[Part, ...]:
    chain = [*reversed(outline.above(number)), number]
    parts: list[Part] = []
    for each in chain:
        parts += [Part(outline.separator)] if parts else []
        parts += label_of(outline.node(each), outline)
    return tuple(parts)


def _tensors(outline: Outline, tensors: dict[str, TensorInfo], keys: tuple[str, ...]) -> tuple[Tensor, ...]:
    """The rows of a case: of each its last segments, and what it holds."""
    rows = {outline.leaf_of[key]: tensors[key] for key in reversed(keys)}
    return tuple(
        Tensor("".join(part.text for part in label_of(outline.node(row), outline)), shape_text(info.shape), info.dtype)
        for row, info in sorted(rows.items())[:_SHOWN]
    )


def _line(option: Option) -> Line:
    words = filled(f"suggestion-{option.words.replace('_', '-')}", option.params) if option.words else ""
    return Line(option, words, "" if option.confidence is None else f"{option.confidence:.2f}")
