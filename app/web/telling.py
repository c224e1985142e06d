"""What tabs are told over the one connection of their browser, or when they ask."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from app.errors import NotFoundError
from app.services import inbox, transfers
from app.services.live import HOUSE, Happened
from app.services.visitors import Action

May = Mapping[str, frozenset[Action]]
"""Transfers that are heard of, with what the listener may do to each; HOUSE with what they may do in the house."""


class Told(msgspec.Struct, frozen=True):
    """An event as tabs get it; `at` is the place after it.

    Four kinds are said by the connection itself: `again`, too much was missed, all that is shown has to be asked for; `gone`, the transfer is no
    longer there for this visitor; `rights`, what they may do to it (`about`); `inbox`, how much waits for them (`about`).
    """

    transfer: str
    kind: str
    version: int = 0
    client: str = ""
    about: msgspec.Raw = msgspec.Raw(b"null")
    at: str = ""


def news(house: Any, may: May, happened: Happened, person: str) -> tuple[Told, ...]:
    """What there is to tell of what happened.

    Who else is there is told only to people (`person`), not to who was sent a link for reading.
    """
    told = [] if happened.whole else list(_again(house, may, happened.at))
    waits = happened.turned or not happened.whole
    for at, event in happened.events:
        if event.kind == "inbox":
            waits = True
        elif event.transfer in may and event.kind != "rights" and (person or event.kind != "presence"):
            about = msgspec.Raw(event.about.encode() or b"null")
            told.append(Told(event.transfer, event.kind, event.version, event.client, about, house.hub.spelled(at)))
    if waits and person:
        count = len(inbox.waiting(house, by=person))
        told.append(Told(HOUSE, "inbox", about=_raw(count), at=house.hub.spelled(happened.at)))
    return tuple(told)


def _again(house: Any, may: May, number: int) -> Iterator[Told]:
    for each in sorted(may.keys() - {HOUSE}):
        try:
            yield Told(each, "again", transfers.get(house, each).version, at=house.hub.spelled(number))
        except NotFoundError:
            yield Told(each, "gone")


def gone(transfers_gone: Iterable[str]) -> Iterator[Told]:
    """That these are no longer there."""
    return (Told(each, "gone") for each in sorted(transfers_gone))


def rights(may: May) -> Iterator[Told]:
    """What may be done."""
    return (Told(each, "rights", about=_raw(sorted(held))) for each, held in sorted(may.items()))


def turned(before: May, now: May) -> Iterator[Told]:
    """What became of the listener's rights."""
    yield from gone(before.keys() - now.keys())
    yield from rights({each: held for each, held in now.items() if before.get(each) != held})


def _raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))
