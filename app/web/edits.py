"""Edits: everything a person does to a transfer. Each answers with the new version and the parts of the page that changed with it."""

from collections.abc import Callable
from typing import Any, Literal

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from app.services import edits, findings, mappings, proposals, workspaces
from app.services.cards import Applied
from app.services.workspaces import Workspace
from app.viewing.scene import Scene
from app.web.asking import Body, House, RequestError, parse
from app.web.rendering import data, fragment, sentence
from app.web.scenes import scene_of
from app.web.workspace import MeterPart

router = APIRouter()


class Rows(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rows that something is done to, by number, and how the panes were folded when they were numbered."""

    version: int
    client: str = ""
    source: str = ""
    s: tuple[int, ...] = ()
    t: tuple[int, ...] = ()
    folded: tuple[bool, bool] = (True, True)
    policy: str = "model"
    everything: Literal["", "all", "certain"] = ""
    groups: tuple[str, ...] = ()
    target: str = ""
    alternative: int = 0


class Done(msgspec.Struct, frozen=True):
    """What an edit changed on the page."""

    version: int
    said: str
    undo: bool
    redo: bool
    meter: str
    rebased: bool = False


def finished(request: Request, house: Any, applied: Applied, source: str = "") -> Done:
    """Gather what an edit changed."""
    ws = workspaces.open_workspace(house, applied.transfer)
    return Done(
        applied.version, sentence(applied.label), applied.can_undo, applied.can_redo, _meter(request, house, ws, source), applied.rebased
    )


def _meter(request: Request, house: Any, ws: Workspace, source: str) -> str:
    part = MeterPart(scene_of(request, ws, source).meter, len(ws.plan.rules), ws.proposing, findings.count(house, ws))
    return fragment(request, "transfer/_meter.html", part)


def done(request: Request, house: Any, applied: Applied, source: str = "") -> Response:
    """Answer an edit."""
    return data(finished(request, house, applied, source))


class Chosen(msgspec.Struct, frozen=True):
    """Keys that rows stand for."""

    workspace: Workspace
    scene: Scene
    rows: Rows

    def keys(self, side: Literal["s", "t"]) -> tuple[str, ...]:
        """Keys of the chosen rows of one side, each once."""
        outline = self.scene.outline(side)
        numbers = self.rows.s if side == "s" else self.rows.t
        return tuple(dict.fromkeys(key for number in numbers for key in outline.keys(number)))


def chosen(request: Request, house: Any, transfer: str, body: bytes) -> Chosen:
    """Find the keys that a request names by rows."""
    asked = parse(body, Rows)
    ws = workspaces.open_workspace(house, transfer)
    scene = scene_of(request, ws, asked.source, asked.folded)
    for number, side in (*((each, "s") for each in asked.s), *((each, "t") for each in asked.t)):
        if not 0 < number < len(scene.outline(side)):
            raise RequestError("row_unknown", number=number)
    return Chosen(ws, scene, asked)


def _edit(request: Request, house: Any, transfer: str, body: bytes, act: Callable[[Chosen], Applied]) -> Response:
    picked = chosen(request, house, transfer, body)
    return done(request, house, act(picked), picked.scene.name)


@router.post("/t/{transfer}/unmap")
def unmap(request: Request, house: House, transfer: str, body: Body) -> Response:
    """Take the chosen target rows out of every rule."""
    return _edit(
        request,
        house,
        transfer,
        body,
        lambda it: mappings.unmap(house, transfer, it.rows.version, it.keys("t"), client=it.rows.client),
    )


@router.post("/t/{transfer}/fresh")
def fresh(request: Request, house: House, transfer: str, body: Body) -> Response:
    """Let the chosen target rows start fresh."""
    return _edit(
        request,
        house,
        transfer,
        body,
        lambda it: mappings.start_fresh(house, transfer, it.rows.version, it.keys("t"), policy=it.rows.policy, client=it.rows.client),
    )


@router.post("/t/{transfer}/leave")
def leave(request: Request, house: House, transfer: str, body: Body) -> Response:
    """Leave the chosen source rows behind."""
    return _edit(
        request,
        house,
        transfer,
        body,
        lambda it: mappings.leave_behind(house, transfer, it.rows.version, it.keys("s"), source=it.scene.name, client=it.rows.client),
    )


@router.post("/t/{transfer}/accept")
def accept(request: Request, house: House, transfer: str, body: Body) -> Response:
    """Take proposals: those of the chosen rows, of groups, the certain ones, or all."""

    def act(it: Chosen) -> Applied:
        keys = () if it.rows.everything else tuple(key for key in it.keys("t") if key in it.scene.pending)
        return proposals.accept(
            house,
            transfer,
            it.rows.version,
            keys=keys,
            groups=it.rows.groups,
            at_least=0.0 if it.rows.everything == "all" else None,
            certain=it.rows.everything == "certain",
            client=it.rows.client,
        )

    return _edit(request, house, transfer, body, act)


@router.post("/t/{transfer}/reject")
def reject(request: Request, house: House, transfer: str, body: Body) -> Response:
    """Refuse the proposals of the chosen rows or groups."""

    def act(it: Chosen) -> Applied:
        keys = tuple(key for key in it.keys("t") if key in it.scene.pending)
        return proposals.reject(house, transfer, it.rows.version, keys=keys, groups=it.rows.groups, client=it.rows.client)

    return _edit(request, house, transfer, body, act)


@router.post("/t/{transfer}/choose")
def choose(request: Request, house: House, transfer: str, body: Body) -> Response:
    """Take one of the ranked candidates of a key; 0 is the proposal itself."""
    return _edit(
        request,
        house,
        transfer,
        body,
        lambda it: proposals.choose(house, transfer, it.rows.version, it.rows.target, it.rows.alternative, client=it.rows.client),
    )


@router.post("/t/{transfer}/undo")
def undo(request: Request, house: House, transfer: str, body: Body) -> Response:
    """Take back my last edit."""
    asked = parse(body, Rows)
    return done(request, house, edits.undo(house, transfer, client=asked.client), asked.source)


@router.post("/t/{transfer}/redo")
def redo(request: Request, house: House, transfer: str, body: Body) -> Response:
    """Do again what I took back."""
    asked = parse(body, Rows)
    return done(request, house, edits.redo(house, transfer, client=asked.client), asked.source)


@router.post("/t/{transfer}/now")
def now(request: Request, house: House, transfer: str, body: Body) -> Response:
    """Say how the transfer stands: after a lost connection, or somebody else's edit."""
    asked = parse(body, Rows)
    ws = workspaces.open_workspace(house, transfer)
    return data(Done(ws.version, "", ws.can_undo, ws.can_redo, _meter(request, house, ws, asked.source)))
