"""People and rights: accounts, sessions, tokens, invitations, teams, roles, share links, the audit log that only grows."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0005"

_MOMENT = sa.DateTime(timezone=True)
_SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_ID = sa.String(32)
_DIGEST = sa.String(64)


def upgrade() -> None:
    """Make every table, and the guard of the log."""
    _accounts()
    _ways_in()
    _teams()
    _invitations()
    _roles()
    _audit()


def _key(table: str, column: str, to: str, ondelete: str | None = None) -> sa.ForeignKey:
    return sa.ForeignKey(to, ondelete=ondelete, name=f"fk_{table}_{column}")


def _person(table: str, *, nullable: bool = False) -> "sa.Column[str]":
    return sa.Column("person", _ID, _key(table, "person", "accounts.person", "CASCADE"), nullable=nullable)


def _accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("person", _ID, _key("accounts", "person", "people.id"), nullable=False),
        sa.Column("login", sa.String(64), nullable=False),
        sa.Column("password", sa.Text),
        sa.Column("admin", sa.Boolean, nullable=False),
        sa.Column("disabled", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("person", name="pk_accounts"),
        sa.UniqueConstraint("login", name="uq_accounts_login"),
    )
    op.create_table(
        "attempts",
        sa.Column("id", _SERIAL, nullable=False, autoincrement=True),
        sa.Column("login", sa.String(64), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_attempts"),
    )
    op.create_index("ix_attempts_login", "attempts", ["login", "at"])
    op.create_index("ix_attempts_address", "attempts", ["address", "at"])


def _ways_in() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", _ID, nullable=False),
        sa.Column("digest", _DIGEST, nullable=False),
        _person("sessions"),
        sa.Column("created", _MOMENT, nullable=False),
        sa.Column("expires", _MOMENT, nullable=False),
        sa.Column("seen", _MOMENT, nullable=False),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.UniqueConstraint("digest", name="uq_sessions_digest"),
    )
    op.create_index("ix_sessions_person", "sessions", ["person"])
    op.create_table(
        "api_tokens",
        sa.Column("id", _ID, nullable=False),
        sa.Column("digest", _DIGEST, nullable=False),
        sa.Column("prefix", sa.String(16), nullable=False),
        _person("api_tokens"),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("scopes", sa.String(64), nullable=False),
        sa.Column("created", _MOMENT, nullable=False),
        sa.Column("expires", _MOMENT),
        sa.Column("used", _MOMENT),
        sa.Column("revoked", _MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_api_tokens"),
        sa.UniqueConstraint("digest", name="uq_api_tokens_digest"),
    )
    op.create_index("ix_api_tokens_person", "api_tokens", ["person"])


def _teams() -> None:
    op.create_table(
        "teams",
        sa.Column("id", _ID, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("created", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_teams"),
        sa.UniqueConstraint("name", name="uq_teams_name"),
    )
    op.create_table(
        "team_people",
        sa.Column("team", _ID, _key("team_people", "team", "teams.id", "CASCADE"), nullable=False),
        _person("team_people"),
        sa.PrimaryKeyConstraint("team", "person", name="pk_team_people"),
    )
    op.create_index("ix_team_people_person", "team_people", ["person"])


def _invitations() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", _ID, nullable=False),
        sa.Column("digest", _DIGEST, nullable=False),
        _person("invitations", nullable=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("admin", sa.Boolean, nullable=False),
        sa.Column("team", _ID, _key("invitations", "team", "teams.id", "SET NULL")),
        sa.Column("author", _ID, _key("invitations", "author", "people.id"), nullable=False),
        sa.Column("created", _MOMENT, nullable=False),
        sa.Column("expires", _MOMENT, nullable=False),
        sa.Column("used", _MOMENT),
        sa.Column("revoked", _MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_invitations"),
        sa.UniqueConstraint("digest", name="uq_invitations_digest"),
    )


def _roles() -> None:
    op.create_table(
        "transfer_people",
        sa.Column("transfer", _ID, _key("transfer_people", "transfer", "transfers.id", "CASCADE"), nullable=False),
        _person("transfer_people"),
        sa.Column("role", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("transfer", "person", name="pk_transfer_people"),
    )
    op.create_index("ix_transfer_people_person", "transfer_people", ["person"])
    op.create_table(
        "transfer_teams",
        sa.Column("transfer", _ID, _key("transfer_teams", "transfer", "transfers.id", "CASCADE"), nullable=False),
        sa.Column("team", _ID, _key("transfer_teams", "team", "teams.id", "CASCADE"), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("transfer", "team", name="pk_transfer_teams"),
    )
    op.create_index("ix_transfer_teams_team", "transfer_teams", ["team"])
    op.create_table(
        "share_links",
        sa.Column("id", _ID, nullable=False),
        sa.Column("digest", _DIGEST, nullable=False),
        sa.Column("transfer", _ID, _key("share_links", "transfer", "transfers.id", "CASCADE"), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("author", _ID, _key("share_links", "author", "people.id"), nullable=False),
        sa.Column("created", _MOMENT, nullable=False),
        sa.Column("expires", _MOMENT, nullable=False),
        sa.Column("used", _MOMENT),
        sa.Column("revoked", _MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_share_links"),
        sa.UniqueConstraint("digest", name="uq_share_links_digest"),
    )
    op.create_index("ix_share_links_transfer", "share_links", ["transfer"])


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", _SERIAL, nullable=False, autoincrement=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("person", _ID, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("what", sa.String(40), nullable=False),
        sa.Column("transfer", _ID, nullable=False),
        sa.Column("version", sa.Integer),
        sa.Column("about", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_transfer", "audit", ["transfer", "id"])
    op.create_index("ix_audit_person", "audit", ["person", "id"])
    guards = _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL
    for statement in guards:
        op.execute(statement)


_SQLITE = tuple(
    f"CREATE TRIGGER audit_no_{verb.lower()} BEFORE {verb} ON audit BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END"
    for verb in ("UPDATE", "DELETE")
)
_POSTGRESQL = (
    "CREATE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the audit log only grows'; END $$",
    "CREATE TRIGGER audit_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows()",
)
