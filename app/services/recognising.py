"""Who is at the door, by what they bring: a session's cookie, a token, share links."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from app.services import passes
from app.services.house import House
from app.services.sessions import NOTED
from app.services.visitors import ACTIONS, BY_SCOPE, Action, Visitor
from app.store import LinkRow, Transaction, accounts, sessions, share_links, tokens


class Brought(msgspec.Struct, frozen=True):
    """What a request brings: the words of a session, of a token, of share links."""

    session: str = ""
    token: str = ""
    links: tuple[str, ...] = ()


def recognise(house: House, brought: Brought) -> Visitor | None:
    """Find out who it is; None: nobody who is known, and nobody with a link that holds."""
    at = house.clock()
    with house.database.read() as tx:
        found = _by_token(tx, brought.token, at) if brought.token else _by_session(tx, brought.session, at)
        shared = frozenset(row.transfer for row in _links(tx, brought.links, at))
    if found is not None and found.noted < at - NOTED:
        _note(house, found, at)
    if found is not None:
        return msgspec.structs.replace(found.visitor, shared=shared)
    return Visitor("", "", allowed=frozenset({"see"}), shared=shared) if shared else None


class _Found(msgspec.Struct, frozen=True):
    """A visitor, and the session or token that they came with."""

    visitor: Visitor
    noted: datetime
    session: str = ""
    token: str = ""


def _by_session(tx: Transaction, word: str, at: datetime) -> _Found | None:
    row = sessions.by_digest(tx, passes.digest(word)) if word else None
    if row is None or row.expires <= at:
        return None
    visitor = _visitor(tx, row.person, ACTIONS, row.id)
    return _Found(visitor, row.seen, session=row.id) if visitor else None


def _by_token(tx: Transaction, word: str, at: datetime) -> _Found | None:
    row = tokens.by_digest(tx, passes.digest(word))
    if row is None or row.revoked is not None or (row.expires is not None and row.expires <= at):
        return None
    allowed: frozenset[Action] = frozenset().union(*(BY_SCOPE[scope] for scope in row.scopes.split() if scope in BY_SCOPE))
    visitor = _visitor(tx, row.person, allowed, "")
    return _Found(visitor, row.used or row.created.replace(year=1970), token=row.id) if visitor else None


def _visitor(tx: Transaction, person: str, allowed: frozenset[Action], session: str) -> Visitor | None:
    account = accounts.find(tx, person)
    if account is None or account.disabled:
        return None
    return Visitor(person, account.name, admin=account.admin, allowed=allowed, session=session)


def _links(tx: Transaction, words: Sequence[str], at: datetime) -> Sequence[LinkRow]:
    return share_links.open_ones(tx, map(passes.digest, words), at) if words else ()


def _note(house: House, found: _Found, at: datetime) -> None:
    """Keep when it was used; not at each request, for reading should not write."""
    with house.database.write() as tx:
        if found.session:
            sessions.seen(tx, found.session, at)
        if found.token:
            tokens.used(tx, found.token, at)
