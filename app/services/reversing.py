"""A transfer turned round: from its target back to its source."""

from typing import Any

import msgspec

from app import messages
from app.errors import KeygraftError
from app.mapping.algebra import Loss, inverse
from app.services import documents, transfers, workspaces
from app.services.cards import TransferCard
from app.services.house import LOCAL, House

NAMED = 3
"""Lost keys that the sentence names."""


class LostKey(msgspec.Struct, frozen=True):
    """A key that the way back does not give back, and why, in words; `degraded` where it comes back with less precision."""

    key: str
    why: str
    degraded: bool = False


class Reversed(msgspec.Struct, frozen=True):
    """The new transfer, what it cannot give back, and one sentence that says so."""

    transfer: TransferCard
    lost: tuple[LostKey, ...]
    said: str


def reverse(house: House, transfer: str, *, by: str = LOCAL) -> Reversed:
    """Begin a transfer with the sides swapped and the inverse plan. Raises NotFoundError, KeygraftError where there are several sources."""
    workspace = workspaces.open_workspace(house, transfer)
    if len(workspace.sources) != 1:
        raise KeygraftError("reverse_several_sources", count=len(workspace.sources))
    name = next(iter(workspace.sources))
    found = inverse(workspace.plan, workspace.sources, workspace.target, source=name)
    into, back = workspace.source_cards[name], workspace.target_card
    made = transfers.create(house, {"": back.id}, into.id, plan=found.plan, by=by)
    return Reversed(made, tuple(_lost(loss) for loss in found.lost), _sentence(found.lost))


def _lost(loss: Loss) -> LostKey:
    return LostKey(loss.key, documents.why(loss.reason), loss.reason.code == "lost_precision")


def _sentence(lost: tuple[Loss, ...]) -> str:
    if not lost:
        return messages.text("reverse-whole")
    named: dict[str, Any] = {"count": len(lost), "keys": ", ".join(loss.key for loss in lost[:NAMED])}
    return messages.text("reverse-lost" if len(lost) <= NAMED else "reverse-lost-more", more=len(lost) - NAMED, **named)
