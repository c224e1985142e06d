"""The loader script of a transfer, kept until its plan changes. Of a large one it is written in the back room."""

from concurrent.futures import Future

from app import exporting
from app.errors import KeygraftError
from app.exporting import ScriptOptions
from app.services import planbook, workspaces
from app.services.backroom.tasks import Write, Written
from app.services.house import House
from app.services.live import Event
from app.services.workspaces import Workspace

AT_ONCE = 1500
"""Target keys up to which the script is waited for."""


class WritingError(KeygraftError):
    """The script could not be written."""


def script(house: House, workspace: Workspace, options: ScriptOptions) -> str:
    """The script, waited for. Raises WritingError."""
    if len(workspace.target.tensors) <= AT_ONCE:
        return _here(house, workspace, options)
    text = _begun(house, workspace, options).result()
    if not text:
        raise WritingError("loader_not_written")
    return text


def grown(house: House, workspace: Workspace, options: ScriptOptions) -> str | None:
    """The script; None where it is being written: the event `loader` tells the end."""
    if len(workspace.target.tensors) <= AT_ONCE:
        return _here(house, workspace, options)
    begun = _begun(house, workspace, options)
    return begun.result() if begun.done() else None


def _here(house: House, workspace: Workspace, options: ScriptOptions) -> str:
    def write() -> str:
        return exporting.loader_script(workspace.plan, workspace.sources, workspace.target, workspace.evaluation, options)

    return house.written.get_or_make((workspace.id, workspace.version, f"{options.module} {options.checkpoint}"), write)


def _begun(house: House, workspace: Workspace, options: ScriptOptions) -> "Future[str]":
    def write() -> str:
        with house.database.read() as tx:
            row = workspaces.row_of(tx, workspace.id)
        task = Write(workspaces.case_of(house, row, planbook.plan_bytes(workspace.plan)), options)
        answer = house.backroom.ask(task, lambda wanted: workspaces.packed(house, wanted))
        house.hub.publish(Event(workspace.id, "loader", workspace.version))
        return answer.text if isinstance(answer, Written) else ""

    return house.writing.get_or_make(
        (workspace.id, workspace.version, f"{options.module} {options.checkpoint}"), lambda: house.backroom.submit(write)
    )
