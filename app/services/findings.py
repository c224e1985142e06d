"""What is odd about the plan of a transfer."""

from app import mapping
from app.mapping import Finding
from app.services import workspaces
from app.services.house import House


def findings(house: House, transfer: str) -> tuple[Finding, ...]:
    """What a look at the newest plan finds, kept until it changes. Raises NotFoundError."""
    workspace = workspaces.open_workspace(house, transfer)
    place = (transfer, workspace.version)
    return house.found.get_or_make(place, lambda: tuple(mapping.lint(workspace.plan, workspace.sources, workspace.target)))
