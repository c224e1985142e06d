"""Links that open one transfer for reading, without an account, for a while."""

from datetime import datetime, timedelta

import msgspec

from app.errors import KeygraftError, NotFoundError
from app.services import audit, calling, passes
from app.services.house import LOCAL, House, new_id
from app.services.plain import plain
from app.store import LinkRow, Transaction, people, roles
from app.store import share_links as stored

PATH = "/share/"
MOST_DAYS = 366


class ShareLink(msgspec.Struct, frozen=True):
    """A link as it is listed; `word` is its secret part and known only when it is made."""

    id: str
    title: str
    author: str
    created: datetime
    expires: datetime
    used: datetime | None
    word: str = ""

    @property
    def path(self) -> str:
        """Where it leads, where its word is known."""
        return PATH + self.word


def share(house: House, transfer: str, *, title: str = "", days: int = 14, by: str = LOCAL) -> ShareLink:
    """Make a link. Raises NotFoundError, KeygraftError."""
    if not 1 <= days <= MOST_DAYS:
        raise KeygraftError("share_days", most=MOST_DAYS)
    word, digest = passes.new()
    at = house.clock()
    row = LinkRow(new_id(), digest, transfer, plain(" ".join(title.split()), 100), by, at, at + timedelta(days=days))
    with house.database.write() as tx:
        _there(tx, transfer)
        stored.add(tx, row)
        audit.record(tx, by, "share.made", transfer=transfer, at=at, title=row.title, days=days)
        return _link(tx, row, word)


def opened(house: House, word: str) -> str:
    """The transfer that a link opens. Raises NotFoundError where it does not hold (any more)."""
    at = house.clock()
    with house.database.write() as tx:
        found = stored.open_ones(tx, [passes.digest(word)], at)
        if not found:
            raise NotFoundError("share_outdated")
        stored.used(tx, found[0].id, at)
        audit.record(tx, "", "share.opened", transfer=found[0].transfer, at=at, title=found[0].title)
    return found[0].transfer


def holds(house: House, transfer: str, word: str) -> bool:
    """Whether a link to a transfer has this word, and is open."""
    with house.database.read() as tx:
        return any(row.transfer == transfer for row in stored.open_ones(tx, [passes.digest(word)], house.clock()))


def listed(house: House, transfer: str) -> tuple[ShareLink, ...]:
    """Links to a transfer that hold, the newest first. Raises NotFoundError."""
    with house.database.read() as tx:
        _there(tx, transfer)
        return tuple(_link(tx, row) for row in stored.of_transfer(tx, transfer, house.clock()))


def revoke(house: House, transfer: str, link: str, *, by: str = LOCAL) -> None:
    """Take a link back; who has it open is out at once. Raises NotFoundError."""
    with house.database.write() as tx:
        if not stored.revoke(tx, transfer, link, house.clock()):
            raise NotFoundError("share_outdated")
        audit.record(tx, by, "share.revoked", transfer=transfer)
    calling.rights_changed(house, transfer)


def _there(tx: Transaction, transfer: str) -> None:
    if not roles.there(tx, transfer):
        raise NotFoundError("transfer_not_found", transfer=transfer[:40])


def _link(tx: Transaction, row: LinkRow, word: str = "") -> ShareLink:
    return ShareLink(row.id, row.title, people.name_of(tx, row.author) or row.author, row.created, row.expires, row.used, word)
