"""What is odd about the plan of a transfer."""

from app import mapping
from app.mapping import Finding
from app.services import workspaces
from app.services.house import House
from app.services.workspaces import Workspace

AT_ONCE = 4000
"""Keys of both sides up to which a plan is looked over with each edit; larger ones when somebody looks."""


def findings(house: House, transfer: str) -> tuple[Finding, ...]:
    """What a look at the newest plan finds, kept until it changes. Raises NotFoundError."""
    return of(house, workspaces.open_workspace(house, transfer))


def of(house: House, workspace: Workspace) -> tuple[Finding, ...]:
    """What a look at the plan of an opened transfer finds, kept until it changes."""
    place = (workspace.id, workspace.version)
    return house.found.get_or_make(
        place, lambda: tuple(mapping.lint(workspace.plan, workspace.sources, workspace.target, workspace.evaluation))
    )


def count(house: House, workspace: Workspace) -> int | None:
    """How many there are; None where nobody looked yet and the sides are too large to do it at once."""
    keys = len(workspace.target.tensors) + sum(len(tree.tensors) for tree in workspace.sources.values())
    if keys > AT_ONCE and house.found.get((workspace.id, workspace.version)) is None:
        return None
    return len(of(house, workspace))
