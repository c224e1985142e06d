"""The tables of people and rights: who may come in, what they are to which transfer, and what was done.

Whatever lets somebody in is kept as a digest; the thing itself is shown once and kept nowhere.
"""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from app.store.tables import SERIAL, Moment, metadata

accounts = Table(
    "accounts",
    metadata,
    Column("person", ForeignKey("people.id"), primary_key=True),
    Column("login", String(64), nullable=False, unique=True),
    Column("password", Text),
    Column("admin", Boolean, nullable=False),
    Column("disabled", Boolean, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("person", ForeignKey("accounts.person", ondelete="CASCADE"), nullable=False),
    Column("created", Moment, nullable=False),
    Column("expires", Moment, nullable=False),
    Column("seen", Moment, nullable=False),
    Column("agent", Text, nullable=False),
    Column("address", String(64), nullable=False),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("prefix", String(16), nullable=False),
    Column("person", ForeignKey("accounts.person", ondelete="CASCADE"), nullable=False),
    Column("title", Text, nullable=False),
    Column("scopes", String(64), nullable=False),
    Column("created", Moment, nullable=False),
    Column("expires", Moment),
    Column("used", Moment),
    Column("revoked", Moment),
)

teams = Table(
    "teams",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", String(100), nullable=False, unique=True),
    Column("role", String(16), nullable=False),
    Column("created", Moment, nullable=False),
)

team_people = Table(
    "team_people",
    metadata,
    Column("team", ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True),
    Column("person", ForeignKey("accounts.person", ondelete="CASCADE"), primary_key=True),
)

invitations = Table(
    "invitations",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("person", ForeignKey("accounts.person", ondelete="CASCADE")),
    Column("name", Text, nullable=False),
    Column("admin", Boolean, nullable=False),
    Column("team", ForeignKey("teams.id", ondelete="SET NULL")),
    Column("author", ForeignKey("people.id"), nullable=False),
    Column("created", Moment, nullable=False),
    Column("expires", Moment, nullable=False),
    Column("used", Moment),
    Column("revoked", Moment),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", SERIAL, primary_key=True, autoincrement=True),
    Column("login", String(64), nullable=False),
    Column("address", String(64), nullable=False),
    Column("at", Moment, nullable=False),
)

transfer_people = Table(
    "transfer_people",
    metadata,
    Column("transfer", ForeignKey("transfers.id", ondelete="CASCADE"), primary_key=True),
    Column("person", ForeignKey("accounts.person", ondelete="CASCADE"), primary_key=True),
    Column("role", String(16), nullable=False),
)

transfer_teams = Table(
    "transfer_teams",
    metadata,
    Column("transfer", ForeignKey("transfers.id", ondelete="CASCADE"), primary_key=True),
    Column("team", ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True),
    Column("role", String(16), nullable=False),
)

share_links = Table(
    "share_links",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("transfer", ForeignKey("transfers.id", ondelete="CASCADE"), nullable=False),
    Column("title", Text, nullable=False),
    Column("author", ForeignKey("people.id"), nullable=False),
    Column("created", Moment, nullable=False),
    Column("expires", Moment, nullable=False),
    Column("used", Moment),
    Column("revoked", Moment),
)

audit = Table(
    "audit",
    metadata,
    Column("id", SERIAL, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("person", String(32), nullable=False),
    Column("name", Text, nullable=False),
    Column("what", String(40), nullable=False),
    Column("transfer", String(32), nullable=False),
    Column("version", Integer),
    Column("about", LargeBinary, nullable=False),
)
"""No foreign keys: what was done stays on record when transfers go. A trigger of the database refuses changes."""

Index("ix_sessions_person", sessions.c.person)
Index("ix_api_tokens_person", api_tokens.c.person)
Index("ix_attempts_login", attempts.c.login, attempts.c.at)
Index("ix_attempts_address", attempts.c.address, attempts.c.at)
Index("ix_transfer_people_person", transfer_people.c.person)
Index("ix_transfer_teams_team", transfer_teams.c.team)
Index("ix_team_people_person", team_people.c.person)
Index("ix_share_links_transfer", share_links.c.transfer)
Index("ix_audit_transfer", audit.c.transfer, audit.c.id)
Index("ix_audit_person", audit.c.person, audit.c.id)
