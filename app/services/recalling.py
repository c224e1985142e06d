"""Taking what was approved before."""

from app.errors import NotFoundError
from app.mapping.edits import SetPlan
from app.services import edits, library, proposals, workspaces
from app.services.cards import Applied, Said
from app.services.house import LOCAL, House


def take(house: House, transfer: str, base_version: int, *, client: str = "", by: str = LOCAL) -> Applied:
    """Take the plan that was approved for the same architectures, as one step.

    Where a person has decided something already, that stays, and what is certain beside it is taken. Raises NotFoundError, KeygraftError.
    """
    found = library.of_transfer(house, transfer)
    if found is None:
        raise NotFoundError("library_entry_not_found")
    workspace = workspaces.open_workspace(house, transfer, by=by)
    if workspace.plan.rules:
        return proposals.accept(house, transfer, base_version, certain=True, client=client, by=by)
    label = Said("edit-recalled", {"title": found.title})
    return edits.apply(house, transfer, base_version, [SetPlan(library.plan_of(found))], label=label, client=client, by=by)
