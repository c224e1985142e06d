"""A side of a transfer is replaced by another version of it: first foreseen, then done as one step that can be undone.

The plan's rules stay. Keys that only have another name on the new side are followed; what is lost, new or gone is told.
"""

from typing import Literal

import msgspec

from app.errors import ConflictError, KeygraftError, NotFoundError
from app.keys import KeyTree
from app.mapping.algebra import Followed, Moves, follow
from app.mapping.plan import Rule
from app.mapping.text import statement
from app.services import edits, planbook, roles, sidebook, workspaces
from app.services.cards import Applied, Said, SideCard
from app.services.house import LOCAL, House
from app.services.planbook import Change
from app.services.successors import successors

Which = Literal["source", "target"]


class Place(msgspec.Struct, frozen=True):
    """Which side of a transfer; `name` of the source where there are several."""

    which: Which
    name: str = ""

    @property
    def spelt(self) -> str:
        """How an edit names it."""
        return "target" if self.which == "target" else f"source:{self.name}"


class Replacement(msgspec.Struct, frozen=True):
    """What would come of it.

    version -- of the transfer that this was worked out on
    old, new -- the sides
    moved   -- keys of that side that have another name: (old, new)
    added_rules, removed_rules -- as written in a plan
    followed -- what happens to the target keys
    """

    version: int
    place: Place
    old: SideCard
    new: SideCard
    moved: tuple[tuple[str, str], ...]
    added_rules: tuple[str, ...]
    removed_rules: tuple[str, ...]
    followed: Followed

    @property
    def same(self) -> bool:
        """Whether nothing about the mapping changes."""
        found = self.followed
        return not (self.moved or found.edits or found.lost or found.added or found.gone or found.idle)


def foresee(house: House, transfer: str, place: Place, side: str, *, by: str = LOCAL) -> Replacement:
    """Tell what would come of putting `side` there; nothing is stored. Raises NotFoundError, KeygraftError where it has no tree yet."""
    with house.database.read() as tx:
        row = workspaces.row_of(tx, transfer)
        replaced = _there(row.sources, row.target, place)
        roles.check_side(tx, by, side)
        old, new = (sidebook.card_of(sidebook.row_of(tx, each)) for each in (replaced, side))
    if new.state != "ready":
        raise KeygraftError("side_not_ready", label=new.label)
    placed = workspaces.placed(row, {place.spelt: side})
    before, after = workspaces.trees_of(house, row), workspaces.trees_of(house, placed)
    moves = _moves(place, before, after)
    followed = follow(planbook.plan_of(row.plan), before, after, moves)
    pairs = moves.target if place.which == "target" else moves.sources[place.name]
    change = Change(followed.edits)
    removed = _brought(planbook.perform(planbook.plan_of(row.plan), change)[1])
    return Replacement(row.version, place, old, new, tuple(pairs.items()), _brought(change), removed, followed)


def replace(house: House, transfer: str, base_version: int, place: Place, side: str, *, client: str = "", by: str = LOCAL) -> Applied:
    """Put another side there and carry the plan over, as one step. Raises ConflictError where the transfer was changed meanwhile."""
    found = foresee(house, transfer, place, side, by=by)
    if found.version != base_version:
        raise ConflictError("edit_conflict", version=found.version)
    label = Said("edit-replace-" + place.which, {"label": found.new.label[:200]})
    return edits.replace_side(house, transfer, base_version, {place.spelt: side}, found.followed.edits, label=label, client=client, by=by)


def _there(sources: dict[str, str], target: str, place: Place) -> str:
    if place.which == "target":
        return target
    if place.name not in sources:
        raise NotFoundError("source_not_found", name=place.name[:64])
    return sources[place.name]


def _moves(place: Place, before: tuple[dict[str, KeyTree], KeyTree], after: tuple[dict[str, KeyTree], KeyTree]) -> Moves:
    if place.which == "target":
        return Moves(target=successors(before[1], after[1]))
    return Moves({place.name: successors(before[0][place.name], after[0][place.name])})


def _brought(change: Change) -> tuple[str, ...]:
    rules: tuple[Rule, ...] = planbook.brought(change)
    return tuple(map(statement, rules))


def standing(workspace: workspaces.Workspace, place: Place) -> tuple[SideCard, str]:
    """The side that stands there, and the id of one on the other side. Raises NotFoundError."""
    if place.which == "target":
        return workspace.target_card, next(iter(workspace.source_cards.values())).id
    if place.name not in workspace.source_cards:
        raise NotFoundError("source_not_found", name=place.name[:64])
    return workspace.source_cards[place.name], workspace.target_card.id
