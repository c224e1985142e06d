"""Links that make an account, or let somebody set a new password: each works once, for a while."""

from datetime import datetime, timedelta

import msgspec

from app.errors import KeygraftError, NotFoundError
from app.services import accounts, audit, calling, passes, passwords, sessions
from app.services.house import LOCAL, House, new_id
from app.services.plain import plain
from app.store import InvitationRow, Transaction, attempts, people, teams
from app.store import accounts as stored_accounts
from app.store import invitations as stored

PATH = "/welcome/"
HOLDS = timedelta(days=7)
RESET_HOLDS = timedelta(days=1)


class Invitation(msgspec.Struct, frozen=True):
    """A link that holds; `word` is its secret part and known only when it is made. `login` is set where it is for a new password."""

    id: str
    name: str
    admin: bool
    team: str
    author: str
    created: datetime
    expires: datetime
    login: str = ""
    word: str = ""

    @property
    def path(self) -> str:
        """Where it leads, where its word is known."""
        return PATH + self.word


def invite(house: House, name: str = "", *, admin: bool = False, team: str = "", by: str = LOCAL) -> Invitation:
    """Make a link for a new account; `name` is only proposed. Raises NotFoundError where there is no such team."""
    with house.database.write() as tx:
        if team and teams.find(tx, team) is None:
            raise NotFoundError("team_not_found", team=team[:40])
        row, word = _new(house, HOLDS, name=plain(name.strip(), 100), admin=admin, team=team or None, by=by)
        stored.add(tx, row)
        audit.record(tx, by, "invitation.made", at=row.created, name=row.name, admin=admin)
        return _invitation(tx, row, word)


def reset(house: House, person: str, *, by: str = LOCAL) -> Invitation:
    """Make a link by which a person sets a new password; the one of before still works until then. Raises NotFoundError."""
    with house.database.write() as tx:
        account = stored_accounts.find(tx, person)
        if account is None:
            raise NotFoundError("person_not_found", name=person[:64])
        if account.disabled:
            raise KeygraftError("account_closed", name=account.login)
        stored.revoke_of(tx, person, house.clock())
        attempts.forget_login(tx, account.login)
        row, word = _new(house, RESET_HOLDS, name=account.name, admin=account.admin, person=person, by=by)
        stored.add(tx, row)
        audit.record(tx, by, "reset.made", at=row.created, name=account.login)
        return _invitation(tx, row, word)


def first(house: House, name: str, *, admin: bool = False, by: str = LOCAL) -> Invitation:
    """Make an account without a password, and the link that sets it. Raises KeygraftError, ConflictError."""
    login = accounts.login_of(name)
    with house.database.write() as tx:
        made = accounts.make(tx, login, name, house.clock(), admin=admin)
        audit.record(tx, by, "account.made", name=made.login, admin=admin)
        row, word = _new(house, HOLDS, name=made.name, admin=admin, person=made.person, by=by)
        stored.add(tx, row)
        found = _invitation(tx, row, word)
    house.mode.changed()
    calling.rights_changed(house)
    return found


def _new(
    house: House, holds: timedelta, *, name: str, admin: bool, by: str, team: str | None = None, person: str | None = None
) -> tuple[InvitationRow, str]:
    word, digest = passes.new()
    at = house.clock()
    return InvitationRow(new_id(), digest, person, name, admin, team, by, at, at + holds), word


def look(house: House, word: str) -> Invitation:
    """What a link is for. Raises NotFoundError where it does not hold (any more)."""
    with house.database.read() as tx:
        return _invitation(tx, _row(tx, word, house.clock()))


def accept(house: House, word: str, password: str, *, name: str = "", instead_of: str = "", agent: str = "", address: str = "") -> str:
    """Use a link up: make the account, or set the password; then the person is signed in: the word of their session.

    Raises NotFoundError where it does not hold, KeygraftError where name or password cannot be, ConflictError where the name is taken.
    """
    with house.database.read() as tx:
        row = _row(tx, word, house.clock())
        login = _login_of(tx, row) or accounts.login_of(name or row.name)
    passwords.check(password, login)
    kept = passwords.make(password)
    with house.database.write() as tx:
        at = house.clock()
        if not stored.use(tx, row.id, at):
            raise NotFoundError("invitation_outdated")
        person = _set(tx, row, kept, at) if row.person else _make(tx, row, login, name, kept, at)
        started = sessions.begin(house, tx, person, instead_of=instead_of, agent=agent, address=address)
    house.mode.changed()
    calling.rights_changed(house)
    return started


def _set(tx: Transaction, row: InvitationRow, kept: str, at: datetime) -> str:
    account = stored_accounts.find(tx, row.person or "")
    if account is None or account.disabled:
        raise NotFoundError("invitation_outdated")
    accounts.set_password(tx, account.person, kept, at)
    attempts.forget_login(tx, account.login)
    audit.record(tx, account.person, "password.set", at=at)
    return account.person


def _make(tx: Transaction, row: InvitationRow, login: str, name: str, kept: str, at: datetime) -> str:
    made = accounts.make(tx, login, name or row.name, at, password=kept, admin=row.admin)
    if row.team:
        teams.join(tx, row.team, made.person)
    audit.record(tx, made.person, "invitation.accepted", at=at, name=made.login, admin=row.admin)
    return made.person


def listed(house: House) -> tuple[Invitation, ...]:
    """Links that hold, the newest first."""
    with house.database.read() as tx:
        return tuple(_invitation(tx, row) for row in stored.listed(tx, house.clock()))


def revoke(house: House, invitation: str, *, by: str = LOCAL) -> None:
    """Take a link back. Raises NotFoundError."""
    with house.database.write() as tx:
        if not stored.revoke(tx, invitation, house.clock()):
            raise NotFoundError("invitation_outdated")
        audit.record(tx, by, "invitation.revoked")


def _row(tx: Transaction, word: str, at: datetime) -> InvitationRow:
    found = stored.by_digest(tx, passes.digest(word), at)
    if found is None:
        raise NotFoundError("invitation_outdated")
    return found


def _login_of(tx: Transaction, row: InvitationRow) -> str:
    account = stored_accounts.find(tx, row.person) if row.person else None
    return account.login if account else ""


def _invitation(tx: Transaction, row: InvitationRow, word: str = "") -> Invitation:
    team = teams.find(tx, row.team) if row.team else None
    author = people.name_of(tx, row.author) or row.author
    return Invitation(row.id, row.name, row.admin, team.name if team else "", author, row.created, row.expires, _login_of(tx, row), word)
