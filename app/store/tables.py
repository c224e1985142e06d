"""The tables as they are now; `migrations/` says how they came to be."""

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeDecorator


class Moment(TypeDecorator[datetime]):
    """A moment in UTC; SQLite keeps no time zone, so it is put back when read."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Write UTC."""
        _ = dialect
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Read UTC."""
        _ = dialect
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


class KeyText(TypeDecorator[str]):
    """A key of a checkpoint, which may hold a zero; PostgreSQL keeps none in a text, so it stands there as a character that is none."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Write it so that it can be kept."""
        return value.replace("\0", _ZERO) if value and dialect.name == "postgresql" else value

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Read it as it was."""
        return value.replace(_ZERO, "\0") if value and dialect.name == "postgresql" else value


_ZERO = "\ufdd0"
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMES)

SERIAL = BigInteger().with_variant(Integer, "sqlite")

people = Table(
    "people",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", Text, nullable=False),
    Column("created", Moment, nullable=False),
)

trees = Table(
    "trees",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("format", Text, nullable=False),
    Column("tensors", Integer, nullable=False),
    Column("parameters", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("content", LargeBinary, nullable=False),
)

sides = Table(
    "sides",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("label", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("spec", LargeBinary, nullable=False),
    Column("card", LargeBinary, nullable=False),
    Column("tree", ForeignKey("trees.digest")),
    Column("author", ForeignKey("people.id"), nullable=False),
    Column("created", Moment, nullable=False),
)

transfers = Table(
    "transfers",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("title", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("plan", LargeBinary, nullable=False),
    Column("target", ForeignKey("sides.id"), nullable=False),
    Column("author", ForeignKey("people.id"), nullable=False),
    Column("created", Moment, nullable=False),
    Column("changed", Moment, nullable=False),
    Column("archived", Boolean, nullable=False),
    Column("example", Boolean, nullable=False),
    Column("summary", LargeBinary),
)

transfer_sources = Table(
    "transfer_sources",
    metadata,
    Column("transfer", ForeignKey("transfers.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("side", ForeignKey("sides.id"), nullable=False),
)

former_sides = Table(
    "former_sides",
    metadata,
    Column("transfer", ForeignKey("transfers.id", ondelete="CASCADE"), primary_key=True),
    Column("side", ForeignKey("sides.id"), primary_key=True),
)

edits = Table(
    "edits",
    metadata,
    Column("id", SERIAL, primary_key=True, autoincrement=True),
    Column("transfer", ForeignKey("transfers.id", ondelete="CASCADE"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("author", ForeignKey("people.id"), nullable=False),
    Column("client", String(64), nullable=False),
    Column("at", Moment, nullable=False),
    Column("label", LargeBinary, nullable=False),
    Column("forward", LargeBinary, nullable=False),
    Column("inverse", LargeBinary, nullable=False),
    Column("undoes", ForeignKey("edits.id", ondelete="CASCADE")),
    Column("undone", Boolean, nullable=False),
    UniqueConstraint("transfer", "version"),
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("transfer", ForeignKey("transfers.id", ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("plan", LargeBinary, nullable=False),
    Column("name", Text, nullable=False),
    Column("author", ForeignKey("people.id"), nullable=False),
    Column("at", Moment, nullable=False),
)

decisions = Table(
    "decisions",
    metadata,
    Column("transfer", ForeignKey("transfers.id", ondelete="CASCADE"), primary_key=True),
    Column("target", KeyText, primary_key=True),
    Column("claim", String(64), primary_key=True),
    Column("decision", String(16), nullable=False),
    Column("version", Integer, nullable=False),
)

library = Table(
    "library",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("architectures", String(64), nullable=False),
    Column("title", Text, nullable=False),
    Column("plan", LargeBinary, nullable=False),
    Column("approved", LargeBinary, nullable=False),
    Column("keys", Integer, nullable=False),
    Column("created", Moment, nullable=False),
    Column("changed", Moment, nullable=False),
    UniqueConstraint("architectures"),
)

library_uses = Table(
    "library_uses",
    metadata,
    Column("entry", ForeignKey("library.id", ondelete="CASCADE"), primary_key=True),
    Column("transfer", String(32), primary_key=True),
)

comments = Table(
    "comments",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("transfer", ForeignKey("transfers.id", ondelete="CASCADE"), nullable=False),
    Column("thread", String(32), nullable=False),
    Column("version", Integer, nullable=False),
    Column("anchor", LargeBinary, nullable=False),
    Column("author", ForeignKey("people.id"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("edited", Moment),
    Column("body", Text, nullable=False),
    Column("suggestion", Text),
    Column("applied", Integer),
    Column("resolved_by", ForeignKey("people.id")),
    Column("resolved_at", Moment),
    Column("deleted", Boolean, nullable=False),
)

mentions = Table(
    "mentions",
    metadata,
    Column("comment", ForeignKey("comments.id", ondelete="CASCADE"), primary_key=True),
    Column("person", ForeignKey("people.id"), primary_key=True),
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("id", SERIAL, primary_key=True, autoincrement=True),
    Column("transfer", ForeignKey("transfers.id", ondelete="CASCADE"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("author", ForeignKey("people.id"), nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("body", Text, nullable=False),
    Column("at", Moment, nullable=False),
)

reviewers = Table(
    "reviewers",
    metadata,
    Column("transfer", ForeignKey("transfers.id", ondelete="CASCADE"), primary_key=True),
    Column("person", ForeignKey("people.id"), primary_key=True),
    Column("asked_by", ForeignKey("people.id"), nullable=False),
    Column("at", Moment, nullable=False),
)

viewed = Table(
    "viewed",
    metadata,
    Column("transfer", ForeignKey("transfers.id", ondelete="CASCADE"), primary_key=True),
    Column("person", ForeignKey("people.id"), primary_key=True),
    Column("change", String(64), primary_key=True),
    Column("at", Moment, nullable=False),
)

review_terms = Table(
    "review_terms",
    metadata,
    Column("transfer", ForeignKey("transfers.id", ondelete="CASCADE"), primary_key=True),
    Column("approvals", Integer, nullable=False),
    Column("checks", LargeBinary, nullable=False),
)

Index("ix_comments_transfer", comments.c.transfer, comments.c.at)
Index("ix_mentions_person", mentions.c.person)
Index("ix_verdicts_transfer", verdicts.c.transfer, verdicts.c.id)
Index("ix_reviewers_person", reviewers.c.person)
Index("ix_transfers_changed", transfers.c.archived, transfers.c.changed)
Index("ix_transfer_sources_side", transfer_sources.c.side)
Index("ix_former_sides_side", former_sides.c.side)
Index("ix_transfers_target", transfers.c.target)
