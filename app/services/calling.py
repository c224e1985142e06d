"""News that people have to be called for, whatever page they look at: what they may do has changed, something waits for them."""

from collections.abc import Collection

from app.services.house import House
from app.services.live import HOUSE, Event, own
from app.store import Transaction, comments, reviews, transfers


def rights_changed(house: House, transfer: str = HOUSE) -> None:
    """What somebody may do has changed, in one transfer or anywhere: whoever listens is asked again at once whether they still may."""
    house.hub.publish(Event(transfer, "rights", 0))


def tell(house: House, event: Event, *, before: Collection[str] = ()) -> None:
    """Tell what happened to a transfer, and call those whose inbox it may have changed; `before`: whom it concerned until then."""
    house.hub.publish(event)
    if house.team:
        with house.database.read() as tx:
            people = concerned(tx, event.transfer)
        call(house, {*people, *before})


def call(house: House, people: Collection[str]) -> None:
    """Something may wait for these people, or no longer."""
    for person in sorted(people):
        house.hub.publish(Event(own(person), "inbox", 0))


def concerned(tx: Transaction, transfer: str) -> set[str]:
    """All in whose inbox a transfer may stand: who made it, who was asked for a verdict, who spoke or was named."""
    row = transfers.find(tx, transfer)
    made = {row.author} if row is not None else set[str]()
    return made | set(reviews.asked(tx, transfer)) | comments.speakers(tx, transfer)
