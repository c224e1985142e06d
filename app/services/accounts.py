"""People with accounts: signing in, passwords, who looks after the installation. Nobody is deleted: what they did stays theirs."""

import re
from datetime import datetime
from typing import ClassVar

import msgspec

from app.errors import ConflictError, KeygraftError, NotFoundError
from app.services import audit, calling, passes, passwords, sessions, throttle
from app.services.house import LOCAL, House, new_id
from app.services.plain import plain
from app.store import AccountRow, Transaction, attempts, invitations, tokens
from app.store import accounts as stored
from app.store import sessions as stored_sessions

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,63}\Z")


class SignInError(KeygraftError):
    """Name and password do not belong together; which of them is wrong is not said."""

    status: ClassVar[int] = 401


class Account(msgspec.Struct, frozen=True):
    """A person as they are listed; `waiting`: they have not set a password yet."""

    id: str
    name: str
    login: str
    admin: bool
    disabled: bool
    waiting: bool
    created: datetime


def login_of(name: str) -> str:
    """The name to sign in with, in the form that is kept. Raises KeygraftError."""
    found = name.strip().casefold()
    if not _LOGIN.match(found):
        raise KeygraftError("login_unusable", name=plain(name, 64))
    return found


def make(tx: Transaction, login: str, name: str, at: datetime, *, password: str | None = None, admin: bool = False) -> AccountRow:
    """Keep a new account. Raises ConflictError where the name is taken."""
    if stored.by_login(tx, login) is not None:
        raise ConflictError("login_taken", name=login)
    row = AccountRow(new_id(), plain(" ".join(name.split()), 100) or login, login, password, admin, disabled=False, created=at)
    stored.add(tx, row)
    return row


def add(house: House, name: str, *, password: str, admin: bool = False, by: str = LOCAL) -> Account:
    """Make an account with a password. Raises KeygraftError, ConflictError."""
    login = login_of(name)
    passwords.check(password, login)
    kept = passwords.make(password)
    with house.database.write() as tx:
        row = make(tx, login, name, house.clock(), password=kept, admin=admin)
        audit.record(tx, by, "account.made", name=row.login, admin=admin)
    house.mode.changed()
    calling.rights_changed(house)
    return _account(row)


def sign_in(house: House, name: str, password: str, *, instead_of: str = "", agent: str = "", address: str = "") -> str:
    """Let somebody in: the word of a new session; the one that the browser brought ends. Raises SignInError, ThrottledError."""
    login = plain(name.strip().casefold(), 64)
    attempt = throttle.begin(house, login, plain(address, 64))
    with house.database.read() as tx:
        found = stored.by_login(tx, login)
    usable = found is not None and not found.disabled
    right = passwords.matches(password[: passwords.MOST], found.password if found is not None and usable else None)
    with house.database.write() as tx:
        now = stored.by_login(tx, login)
        if not right or now is None or now.disabled or found is None or now.password != found.password:
            audit.record(tx, "", "sign-in.refused", at=house.clock(), name=login, address=plain(address, 64))
            word = ""
        else:
            attempts.forgive(tx, attempt)
            attempts.forget_login(tx, login)
            audit.record(tx, now.person, "sign-in.done", at=house.clock(), address=plain(address, 64))
            word = sessions.begin(house, tx, now.person, instead_of=instead_of, agent=agent, address=address)
    if not word:
        raise SignInError("sign_in_refused")
    if instead_of:
        calling.rights_changed(house)
    return word


def sign_out(house: House, word: str, by: str) -> None:
    """End the session of a cookie."""
    with house.database.write() as tx:
        stored_sessions.end_digest(tx, passes.digest(word))
        audit.record(tx, by, "sign-out.done", at=house.clock())
    calling.rights_changed(house)


def change_password(house: House, old: str, new: str, by: str, *, address: str = "", session: str = "", agent: str = "") -> str:
    """Set another password; every session ends, a new one begins: its word. Raises SignInError, KeygraftError, ThrottledError."""
    with house.database.read() as tx:
        account = _row(tx, by)
    attempt = throttle.begin(house, account.login, plain(address, 64))
    if not passwords.matches(old[: passwords.MOST], account.password):
        raise SignInError("password_wrong")
    passwords.check(new, account.login)
    kept = passwords.make(new)
    with house.database.write() as tx:
        attempts.forgive(tx, attempt)
        set_password(tx, by, kept, house.clock())
        audit.record(tx, by, "password.changed", at=house.clock())
        word = sessions.begin(house, tx, by, instead_of=session, agent=agent, address=address)
    calling.rights_changed(house)
    return word


def set_password(tx: Transaction, person: str, kept: str, at: datetime) -> None:
    """Write a new hash; sessions and links of before end, tokens stay: they are the person's programs."""
    stored.set_password(tx, person, kept)
    stored_sessions.end_all(tx, person)
    invitations.revoke_of(tx, person, at)


def listed(house: House) -> tuple[Account, ...]:
    """Every account, by name."""
    with house.database.read() as tx:
        return tuple(map(_account, stored.listed(tx)))


def get(house: House, person: str) -> Account:
    """One account. Raises NotFoundError."""
    with house.database.read() as tx:
        return _account(_row(tx, person))


def by_login(house: House, name: str) -> Account:
    """The account that signs in under a name. Raises NotFoundError."""
    with house.database.read() as tx:
        found = stored.by_login(tx, name.strip().casefold())
    if found is None:
        raise NotFoundError("person_not_found", name=name[:64])
    return _account(found)


def rename(house: House, name: str, by: str) -> Account:
    """Be shown under another name. Raises KeygraftError where it is empty."""
    shown = plain(" ".join(name.split()), 100)
    if not shown:
        raise KeygraftError("name_empty")
    with house.database.write() as tx:
        _row(tx, by)
        stored.set_name(tx, by, shown)
        audit.record(tx, by, "account.renamed", name=shown)
    return get(house, by)


def set_admin(house: House, person: str, *, admin: bool, by: str = LOCAL) -> Account:
    """Let somebody look after the installation, or no longer. Raises NotFoundError; ConflictError where nobody would."""
    with house.database.write() as tx:
        row = _row(tx, person)
        stored.set_admin(tx, person, admin)
        _somebody_stays(tx)
        audit.record(tx, by, "admin.given" if admin else "admin.taken", name=row.login)
    calling.rights_changed(house)
    return get(house, person)


def set_disabled(house: House, person: str, *, disabled: bool, by: str = LOCAL) -> Account:
    """Keep somebody out, at once and everywhere, or let them in again. Raises NotFoundError; ConflictError for the last admin."""
    with house.database.write() as tx:
        row = _row(tx, person)
        stored.set_disabled(tx, person, disabled)
        _somebody_stays(tx)
        if disabled:
            stored_sessions.end_all(tx, person)
            tokens.revoke_all(tx, person, house.clock())
            invitations.revoke_of(tx, person, house.clock())
        audit.record(tx, by, "account.closed" if disabled else "account.opened", name=row.login)
    calling.rights_changed(house)
    return get(house, person)


def _somebody_stays(tx: Transaction) -> None:
    if stored.admins(tx) == 0:
        raise ConflictError("last_admin")


def _row(tx: Transaction, person: str) -> AccountRow:
    found = stored.find(tx, person)
    if found is None:
        raise NotFoundError("person_not_found", name=person[:64])
    return found


def _account(row: AccountRow) -> Account:
    return Account(row.person, row.name, row.login, row.admin, row.disabled, row.password is None, row.created)
