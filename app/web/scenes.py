"""Scenes that were looked at last, kept so that scrolling does not make them anew."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from starlette.requests import Request

from app.viewing.scene import Scene
from app.viewing.states import waiting

if TYPE_CHECKING:
    from app.services.workspaces import Workspace

KEPT = 12


class Scenes:
    """A small cache by transfer, version, source and folding; safe to use from several threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[object, ...], Scene] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, workspace: "Workspace", source: str = "", folded: Sequence[bool] = (True, True)) -> Scene:
        """Return the scene of a workspace, made anew where evaluation or proposals are others."""
        key = (workspace.id, source, *folded)
        with self._lock:
            known = self._kept.get(key)
            if (
                known is not None
                and known.evaluation is workspace.evaluation
                and waiting(workspace.evaluation, workspace.proposals).same(known.pending)
            ):
                self._kept.move_to_end(key)
                return known
        made = Scene(workspace.sources, workspace.target, workspace.evaluation, workspace.proposals, source, folded=(folded[0], folded[1]))
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return made


def scene_of(request: Request, workspace: "Workspace", source: str = "", folded: Sequence[bool] = (True, True)) -> Scene:
    """Return the scene of a workspace from the application's cache."""
    scenes: Scenes = request.app.state.scenes
    return scenes.of(workspace, source, folded)
