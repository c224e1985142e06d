"""Edits: everything a person does to a transfer. Each answers with the new version and the parts of the page that changed with it."""

from collections.abc import Callable
from itertools import chain
from typing import Any, Literal

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from app.services import edits, mappings, proposals, workspaces
from app.services.cards import Applied
from app.services.workspaces import Workspace
from app.viewing.layout import View
from app.viewing.scene import Scene
from app.web.asking import Body, House, RequestError, Visitor, parse
from app.web.rendering import data, sentence
from app.web.scenes import scene_of
from app.web.workspace import meter_of

router = APIRouter()


class Filter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a pane is filtered by: text, and states where only some are shown."""

    query: str = ""
    states: frozenset[str] = frozenset()


class Rows(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rows that something is done to, by number, and how the panes were folded when they were numbered.

    filters -- of both panes: what they hide below a row stays as it is
    ask      -- show the ways that a drawn pair could be meant even where one is plain
    at_least -- accept every proposal from this confidence on
    """

    version: int
    client: str = ""
    source: str = ""
    s: tuple[int, ...] = ()
    t: tuple[int, ...] = ()
    folded: tuple[bool, bool] = (True, True)
    filters: tuple[Filter, Filter] = (Filter(), Filter())
    policy: str = "model"
    args: dict[str, int | float | str] = {}
    everything: Literal["", "all", "certain"] = ""
    groups: tuple[str, ...] = ()
    target: str = ""
    alternative: int = 0
    ask: bool = False
    at_least: float | None = None


class Done(msgspec.Struct, frozen=True):
    """What an edit changed on the page; `sides` are those that the trees are of."""

    version: int
    said: str
    undo: bool
    redo: bool
    meter: str
    rebased: bool = False
    sides: str = ""


def finished(request: Request, house: Any, applied: Applied, source: str = "") -> Done:
    """Gather what an edit changed."""
    ws = workspaces.open_workspace(house, applied.transfer)
    meter = meter_of(request, house, ws, source)
    return Done(applied.version, sentence(applied.label), applied.can_undo, applied.can_redo, meter, applied.rebased, sides_of(ws))


def sides_of(ws: Workspace) -> str:
    """Name the sides of a transfer: a page that shows others must be loaded again."""
    return "-".join((*(card.id for card in ws.source_cards.values()), ws.target_card.id))


def done(request: Request, house: Any, applied: Applied, source: str = "") -> Response:
    """Answer an edit."""
    return data(finished(request, house, applied, source))


class Chosen(msgspec.Struct, frozen=True):
    """Keys that rows stand for, and the person who chose them."""

    workspace: Workspace
    scene: Scene
    rows: Rows
    by: str

    def keys(self, side: Literal["s", "t"]) -> tuple[str, ...]:
        """Keys of the chosen rows of one side, each once."""
        outline = self.scene.outline(side)
        numbers = self.rows.s if side == "s" else self.rows.t
        return tuple(dict.fromkeys(key for number in numbers for key in outline.keys(number)))

    def shown(self, side: Literal["s", "t"]) -> tuple[str, ...]:
        """Keys of the chosen rows of one side but for those that its pane hides: below a row only what passes the filter counts."""
        given = self.rows.filters[0 if side == "s" else 1]
        view = View("all", query=given.query, states=given.states, folded=self.rows.folded[0 if side == "s" else 1])
        if not view.filtered:
            return self.keys(side)
        outline, numbers = self.scene.outline(side), self.rows.s if side == "s" else self.rows.t
        found = chain.from_iterable(self.scene.layout(side, view).leaves(outline, number) for number in numbers)
        return tuple(dict.fromkeys(key for number in found for key in outline.keys(number)))


def chosen(request: Request, house: Any, transfer: str, body: bytes) -> Chosen:
    """Find the keys that a request names by rows."""
    asked = parse(body, Rows)
    by: str = request.state.visitor.person
    ws = workspaces.open_workspace(house, transfer, by=by)
    scene = scene_of(request, ws, asked.source, asked.folded)
    for number, side in (*((each, "s") for each in asked.s), *((each, "t") for each in asked.t)):
        if not 0 < number < len(scene.outline(side)):
            raise RequestError("row_unknown", number=number)
    return Chosen(ws, scene, asked, by)


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
        lambda it: mappings.unmap(house, transfer, it.rows.version, it.shown("t"), client=it.rows.client, by=it.by),
    )


@router.post("/t/{transfer}/fresh")
def fresh(request: Request, house: House, transfer: str, body: Body) -> Response:
    """Let the chosen target rows start fresh."""
    return _edit(
        request,
        house,
        transfer,
        body,
        lambda it: mappings.start_fresh(
            house, transfer, it.rows.version, it.shown("t"), policy=it.rows.policy, args=it.rows.args, client=it.rows.client, by=it.by
        ),
    )


@router.post("/t/{transfer}/leave")
def leave(request: Request, house: House, transfer: str, body: Body) -> Response:
    """Leave the chosen source rows behind."""
    return _edit(
        request,
        house,
        transfer,
        body,
        lambda it: mappings.leave_behind(
            house, transfer, it.rows.version, it.shown("s"), source=it.scene.name, client=it.rows.client, by=it.by
        ),
    )


@router.post("/t/{transfer}/accept")
def accept(request: Request, house: House, transfer: str, body: Body) -> Response:
    """Take proposals: those of the chosen rows, of groups, the certain ones, or all."""

    def act(it: Chosen) -> Applied:
        keys = () if it.rows.everything or it.rows.at_least is not None else tuple(key for key in it.shown("t") if key in it.scene.pending)
        return proposals.accept(
            house,
            transfer,
            it.rows.version,
            keys=keys,
            groups=it.rows.groups,
            at_least=0.0 if it.rows.everything == "all" else it.rows.at_least,
            certain=it.rows.everything == "certain",
            client=it.rows.client,
            by=it.by,
        )

    return _edit(request, house, transfer, body, act)


@router.post("/t/{transfer}/reject")
def reject(request: Request, house: House, transfer: str, body: Body) -> Response:
    """Refuse the proposals of the chosen rows or groups."""

    def act(it: Chosen) -> Applied:
        keys = tuple(key for key in it.shown("t") if key in it.scene.pending)
        return proposals.reject(house, transfer, it.rows.version, keys=keys, groups=it.rows.groups, client=it.rows.client, by=it.by)

    return _edit(request, house, transfer, body, act)


@router.post("/t/{transfer}/choose")
def choose(request: Request, house: House, transfer: str, body: Body) -> Response:
    """Take one of the ranked candidates of a key; 0 is the proposal itself."""
    return _edit(
        request,
        house,
        transfer,
        body,
        lambda it: proposals.choose(house, transfer, it.rows.version, it.rows.target, it.rows.alternative, client=it.rows.client, by=it.by),
    )


@router.post("/t/{transfer}/undo")
def undo(request: Request, house: House, visitor: Visitor, transfer: str, body: Body) -> Response:
    """Take back my last edit."""
    asked = parse(body, Rows)
    return done(request, house, edits.undo(house, transfer, client=asked.client, by=visitor.person), asked.source)


@router.post("/t/{transfer}/redo")
def redo(request: Request, house: House, visitor: Visitor, transfer: str, body: Body) -> Response:
    """Do again what I took back."""
    asked = parse(body, Rows)
    return done(request, house, edits.redo(house, transfer, client=asked.client, by=visitor.person), asked.source)


@router.post("/t/{transfer}/now")
def now(request: Request, house: House, visitor: Visitor, transfer: str, body: Body) -> Response:
    """Say how the transfer stands: after a lost connection, or somebody else's edit."""
    asked = parse(body, Rows)
    ws = workspaces.open_workspace(house, transfer, by=visitor.person)
    return data(Done(ws.version, "", ws.can_undo, ws.can_redo, meter_of(request, house, ws, asked.source), sides=sides_of(ws)))


class Waiting(msgspec.Struct, frozen=True):
    """The tab that waits for an edit."""

    client: str


@router.post("/t/{transfer}/cancel")
def cancel(house: House, transfer: str, body: Body) -> Response:
    """Leave the edit that a tab waits for, if it is not done yet."""
    workspaces.version_of(house, transfer)
    edits.cancel(house, parse(body, Waiting).client)
    return data({})
