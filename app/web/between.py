"""Rows between two rows of a pane, for a selection that reaches beyond what is printed."""

from typing import Literal

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from app.services import workspaces
from app.viewing.layout import View
from app.web.asking import WAITED_FOR, Body, House, parse
from app.web.rendering import data
from app.web.scenes import scene_of

router = APIRouter()


class Between(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Two rows of one side, how that side is looked at, and whether the other one is folded."""

    side: Literal["s", "t"]
    view: View
    ends: tuple[int, int]
    source: str = ""
    other: bool = True


class Nodes(msgspec.Struct, frozen=True):
    """Numbers of rows, in order."""

    nodes: tuple[int, ...]


@router.post("/t/{transfer}/between", dependencies=WAITED_FOR)
def between(request: Request, house: House, transfer: str, body: Body) -> Response:
    """Say which rows stand between two, these included; what a filter hides is none of them."""
    asked = parse(body, Between)
    folded = (asked.view.folded, asked.other) if asked.side == "s" else (asked.other, asked.view.folded)
    scene = scene_of(request, workspaces.open_workspace(house, transfer), asked.source, folded)
    layout = scene.layout(asked.side, asked.view)
    places = sorted(line for end in asked.ends if (line := layout.line(end)) is not None)
    return data(Nodes(tuple(layout.rows[places[0] : places[-1] + 1]) if places else ()))
