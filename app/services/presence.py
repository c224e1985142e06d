"""Tabs come, select, and go; whoever looks at the same transfer hears of it."""

from collections.abc import Iterable

import msgspec

from app.services import workspaces
from app.services.house import House
from app.services.live import Event
from app.services.present import Present, Tab

_NODES = 50


def come(house: House, transfer: str, present: Present) -> tuple[Present, ...]:
    """Say that a tab is here, and what it selects; all that are here. Raises NotFoundError."""
    with house.database.read() as tx:
        row = workspaces.row_of(tx, transfer)
    kept = msgspec.structs.replace(present, nodes=present.nodes[:_NODES])
    if house.presence.put(transfer, kept, house.clock()):
        house.hub.publish(Event(transfer, "presence", row.version, kept.client, msgspec.json.encode(kept).decode()))
    return house.presence.there(transfer, house.clock())


def leave(house: House, tabs: Iterable[Tab], person: str) -> None:
    """Say that tabs of a person are gone. What somebody else's is, or is carried by a connection, stays."""
    for tab in tabs:
        if house.presence.carried(tab):
            continue
        gone = house.presence.drop(tab.transfer, tab.client, person)
        if gone is not None:
            house.hub.publish(Event(tab.transfer, "presence", 0, tab.client, ""))
