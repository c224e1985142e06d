"""API tokens: what a person gives to a program instead of a password. Each says what it is for, and can be taken back."""

from collections.abc import Collection
from datetime import datetime, timedelta

import msgspec

from app.errors import KeygraftError, NotFoundError
from app.services import audit, calling, passes
from app.services.house import House, new_id
from app.services.plain import plain
from app.services.visitors import SCOPES
from app.store import TokenRow
from app.store import accounts as stored_accounts
from app.store import tokens as stored

PREFIX = "kg_"
_SHOWN = 9
MOST_DAYS = 3660


class Token(msgspec.Struct, frozen=True):
    """A token as it is listed; `word` is the token itself and known only when it is made."""

    id: str
    title: str
    prefix: str
    scopes: tuple[str, ...]
    created: datetime
    expires: datetime | None
    used: datetime | None
    word: str = ""


def make(house: House, title: str, scopes: Collection[str], *, days: int | None, by: str) -> Token:
    """Make a token that holds for some days; None: until it is taken back. Raises KeygraftError."""
    chosen = tuple(scope for scope in SCOPES if scope in scopes)
    if not chosen or set(scopes) - set(SCOPES):
        raise KeygraftError("scopes_unknown", scopes=", ".join(SCOPES))
    if days is not None and not 1 <= days <= MOST_DAYS:
        raise KeygraftError("token_days", most=MOST_DAYS)
    word, digest = passes.new(PREFIX)
    at = house.clock()
    ends = None if days is None else at + timedelta(days=days)
    named = plain(" ".join(title.split()), 100)
    row = TokenRow(new_id(), digest, word[:_SHOWN], by, named, " ".join(chosen), at, ends)
    with house.database.write() as tx:
        if stored_accounts.find(tx, by) is None:
            raise KeygraftError("account_needed")
        stored.add(tx, row)
        audit.record(tx, by, "token.made", at=at, title=named, prefix=row.prefix, scopes=row.scopes)
    return _token(row, word)


def listed(house: House, person: str) -> tuple[Token, ...]:
    """Tokens of a person, the newest first."""
    with house.database.read() as tx:
        return tuple(map(_token, stored.of_person(tx, person)))


def revoke(house: House, token: str, *, by: str) -> None:
    """Take a token back. Raises NotFoundError where the person has no such."""
    with house.database.write() as tx:
        if not stored.revoke(tx, token, by, house.clock()):
            raise NotFoundError("token_not_found")
        audit.record(tx, by, "token.revoked", token=token)
    calling.rights_changed(house)


def _token(row: TokenRow, word: str = "") -> Token:
    return Token(row.id, row.title, row.prefix, tuple(row.scopes.split()), row.created, row.expires, row.used, word)
