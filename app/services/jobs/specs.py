"""What a job is asked, written down from a workspace."""

from collections.abc import Mapping

from app import mapping
from app.errors import NotFoundError
from app.services.cards import SideCard
from app.services.house import House
from app.services.jobs.cards import JobKind, Spec
from app.services.workspaces import Workspace
from app.store import sides


def spec_of(
    house: House, workspace: Workspace, kind: JobKind, what: str = "", options: Mapping[str, str] | None = None, filename: str = ""
) -> Spec:
    """All that a job needs. Raises NotFoundError where a side has no tree."""
    cards: dict[str | None, SideCard] = {None: workspace.target_card}
    cards.update(workspace.source_cards)
    with house.database.read() as tx:
        rows = sides.several(tx, [card.id for card in cards.values()])
    found: dict[str | None, tuple[str, str]] = {}
    for name, card in cards.items():
        digest = rows[card.id].tree if card.id in rows else None
        if digest is None:
            raise NotFoundError("tree_not_found")
        found[name] = (card.id, digest)
    target = found.pop(None)
    plan = mapping.plan_to_json(workspace.plan).decode("utf-8", "surrogatepass")
    named = {name: side for name, side in found.items() if name is not None}
    return Spec(kind, plan, named, target, what, {name: value for name, value in sorted((options or {}).items()) if value}, filename)
