"""What the queries about people and rights give back, and take."""

from datetime import datetime

import msgspec


class AccountRow(msgspec.Struct, frozen=True):
    """A person who can sign in. `password` is an argon2 hash; None: none is set yet."""

    person: str
    name: str
    login: str
    password: str | None
    admin: bool
    disabled: bool
    created: datetime


class SessionRow(msgspec.Struct, frozen=True):
    """A browser that is signed in; `digest` is that of the cookie."""

    id: str
    digest: str
    person: str
    created: datetime
    expires: datetime
    seen: datetime
    agent: str
    address: str


class TokenRow(msgspec.Struct, frozen=True):
    """A program's way in; `scopes` are words with spaces between."""

    id: str
    digest: str
    prefix: str
    person: str
    title: str
    scopes: str
    created: datetime
    expires: datetime | None
    used: datetime | None = None
    revoked: datetime | None = None


class InvitationRow(msgspec.Struct, frozen=True):
    """A link that makes an account, or (`person`) lets its person set a new password."""

    id: str
    digest: str
    person: str | None
    name: str
    admin: bool
    team: str | None
    author: str
    created: datetime
    expires: datetime
    used: datetime | None = None
    revoked: datetime | None = None


class TeamRow(msgspec.Struct, frozen=True):
    """A named group of people; `role` is what it is given in a transfer where nothing else is said."""

    id: str
    name: str
    role: str
    created: datetime


class LinkRow(msgspec.Struct, frozen=True):
    """A link that opens one transfer for reading."""

    id: str
    digest: str
    transfer: str
    title: str
    author: str
    created: datetime
    expires: datetime
    used: datetime | None = None
    revoked: datetime | None = None


class NewRecord(msgspec.Struct, frozen=True):
    """Something that was done; `about` is JSON."""

    at: datetime
    person: str
    name: str
    what: str
    transfer: str
    version: int | None
    about: bytes


class RecordRow(msgspec.Struct, frozen=True):
    """Something that was done, as it is kept."""

    id: int
    at: datetime
    person: str
    name: str
    what: str
    transfer: str
    version: int | None
    about: bytes
