"""What there is to see of a transfer: its facets, its cases, its table of mappings; the same for the page and for programs."""

from typing import Literal

from app.services import workspaces
from app.services.house import House
from app.services.workspaces import Workspace
from app.viewing.facets import Facet
from app.viewing.layout import View
from app.viewing.scene import Scene
from app.viewing.table import Column, Listed, entries, narrowed, ordered, printed


def scene(workspace: Workspace, source: str = "") -> Scene:
    """The scene of a workspace, equal blocks folded."""
    return Scene(workspace.sources, workspace.target, workspace.evaluation, workspace.proposals, source)


def facets(house: House, transfer: str, side: Literal["s", "t"], source: str = "") -> tuple[Facet, ...]:
    """What the keys of one side can be told apart by. Raises NotFoundError."""
    return scene(workspaces.open_workspace(house, transfer), source).facets(side)


def mappings(
    house: House,
    transfer: str,
    queries: tuple[str, str] = ("", ""),
    *,
    source: str = "",
    by: Column = "target",
    falling: bool = False,
    first: int = 0,
    count: int = 200,
    folded: bool = True,
) -> tuple[int, tuple[Listed, ...]]:
    """How many rows the filters of source and target keep, and a stretch of them in order. Raises NotFoundError, SearchError."""
    ws = workspaces.open_workspace(house, transfer)
    seen = Scene(ws.sources, ws.target, ws.evaluation, ws.proposals, source, folded=(folded, folded))
    listed = ordered(seen, narrowed(seen, entries(seen), (View(query=queries[0]), View(query=queries[1]))), by, falling=falling)
    return len(listed), printed(seen, listed, first, count)
