"""What is taken out can be found again."""

from app import messages
from app.services import audit, edits
from app.services.house import House
from app.services.workspaces import Workspace


def note(house: House, workspace: Workspace, kind: str, by: str) -> None:
    """Keep the version whole, under a name, and write into the log who took it."""
    name = messages.text("version-taken", kind=messages.text(f"export-{kind}"))
    edits.keep_version(house, workspace.id, workspace.version, name, by=by)
    audit.note(house, by, "export.taken", transfer=workspace.id, version=workspace.version, kind=kind)
