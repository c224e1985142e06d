"""What is odd about the plan of a transfer."""

from concurrent.futures import Future

from app import mapping
from app.mapping import Finding
from app.services import planbook, workspaces
from app.services.backroom.tasks import Look, Seen
from app.services.house import House
from app.services.live import Event
from app.services.workspaces import Workspace

AT_ONCE = 4000
"""Keys of both sides up to which a plan is looked over with each edit; larger ones in the back room, when somebody looks."""


def findings(house: House, transfer: str) -> tuple[Finding, ...]:
    """What a look at the newest plan finds, kept until it changes; waited for. Raises NotFoundError."""
    return settled(house, workspaces.open_workspace(house, transfer))


def settled(house: House, workspace: Workspace) -> tuple[Finding, ...]:
    """What a look at the plan of an opened transfer finds; waited for."""
    return _begun(house, workspace).result() if _large(workspace) else of(house, workspace) or ()


def of(house: House, workspace: Workspace) -> tuple[Finding, ...] | None:
    """What a look at the plan of an opened transfer finds, kept until it changes; None: it is under way, the event `findings` tells the end."""
    place = (workspace.id, workspace.version)
    if not _large(workspace):
        return house.found.get_or_make(
            place, lambda: tuple(mapping.lint(workspace.plan, workspace.sources, workspace.target, workspace.evaluation))
        )
    known = house.found.get(place)
    if known is None:
        _begun(house, workspace)
    return known


def count(house: House, workspace: Workspace) -> int | None:
    """How many there are; None where nobody looked yet and the sides are too large to do it at once."""
    if _large(workspace):
        known = house.found.get((workspace.id, workspace.version))
        return None if known is None else len(known)
    return len(of(house, workspace) or ())


def _large(workspace: Workspace) -> bool:
    return len(workspace.target.tensors) + sum(len(tree.tensors) for tree in workspace.sources.values()) > AT_ONCE


def _begun(house: House, workspace: Workspace) -> "Future[tuple[Finding, ...]]":
    """The look that is under way in the back room, begun once for each version."""
    place = (workspace.id, workspace.version)

    def look() -> tuple[Finding, ...]:
        with house.database.read() as tx:
            row = workspaces.row_of(tx, workspace.id)
        task = Look(workspaces.case_of(house, row, planbook.plan_bytes(workspace.plan)))
        answer = house.backroom.ask(task, lambda wanted: workspaces.packed(house, wanted))
        found = answer.findings if isinstance(answer, Seen) else ()
        house.found.put(place, found)
        house.hub.publish(Event(workspace.id, "findings", workspace.version))
        return found

    return house.looking.get_or_make(place, lambda: house.backroom.submit(look))
