"""Transfers found again: by words, by state, by who takes part. Nobody finds what they may not see."""

from collections.abc import Sequence
from typing import Literal, get_args

import msgspec

from app.services import reviewing, roles, standings, transfers
from app.services.cards import TransferCard
from app.services.house import House
from app.services.plain import plain
from app.services.standings import Mark
from app.services.visitors import Action, Visitor, rights
from app.store import finding as stored
from app.store import transfers as stored_transfers

MOST = 500
State = Literal["", "open", "complete", "asked", "changes_requested", "approved", "stale", "archived"]
STATES: tuple[State, ...] = get_args(State)
_JUDGED: dict[State, str] = {"asked": "asked", "changes_requested": "request_changes", "approved": "approve", "stale": "approve"}


class Person(msgspec.Struct, frozen=True):
    """Somebody whose transfers can be looked for."""

    id: str
    name: str


class Sought(msgspec.Struct, frozen=True):
    """What is looked for.

    text   -- words in the title, in the names of both sides, of who made it or has a role in it, of their team
    state  -- open: keys are missing; complete: every key has its weights; asked: waits for somebody's verdict; changes_requested, approved, stale:
              what its review came to; archived: put away; empty: all that is not put away
    person -- who made it, or has a role in it
    """

    text: str = ""
    state: State = ""
    person: str = ""

    @property
    def narrow(self) -> bool:
        """Whether something in particular is looked for."""
        return bool(self.text.strip() or self.person or self.state not in {"", "archived"})


def find(house: House, visitor: Visitor, sought: Sought) -> tuple[TransferCard, ...]:
    """The transfers that a visitor may see and that are looked for, the most lately changed first."""
    wanted = stored.Wanted(
        None if visitor.admin else visitor.person,
        visitor.shared,
        plain(sought.text, 200),
        plain(sought.person, 32),
        sought.state == "archived",
        "" if sought.state == "approved" and not house.settings.approvals else _JUDGED.get(sought.state, ""),
    )
    with house.database.read() as tx:
        rows = stored_transfers.several(tx, stored.found(tx, wanted, MOST))
        cards = transfers.cards(tx, rows)
    marks = standings.marks(house, rows, by=visitor.person)
    return tuple(card for card in (_marked(card, marks.get(card.id)) for card in cards) if _is(house, card, sought.state))


def _marked(card: TransferCard, mark: Mark | None) -> TransferCard:
    return card if mark is None else msgspec.structs.replace(card, review=mark.state, waits=mark.waits)


def _is(house: House, card: TransferCard, state: State) -> bool:
    if state in {"open", "complete"}:
        complete = card.total is not None and card.coverage is not None and card.coverage.keys >= card.total.keys
        return complete == (state == "complete")
    if state == "approved" and not card.review:
        return reviewing.standing(house, card.id).may_go  # where it takes no person, nobody needs to have said so
    return card.waits if state == "asked" else state not in _JUDGED or card.review == state


def people(house: House, visitor: Visitor) -> tuple[Person, ...]:
    """Those who made the transfers that a visitor may see, or have a role in them, by name."""
    with house.database.read() as tx:
        return tuple(Person(*each) for each in stored.taking_part(tx, None if visitor.admin else visitor.person).items())


def allowed(house: House, visitor: Visitor, cards: Sequence[TransferCard]) -> dict[str, frozenset[Action]]:
    """What a visitor may do to each of the transfers that are listed."""
    if visitor.admin:
        return dict.fromkeys((card.id for card in cards), rights(visitor, "owner"))
    with house.database.read() as tx:
        return {card.id: rights(visitor, roles.in_transfer(tx, visitor, card.id)) for card in cards}
