"""Review: comments and whom they mention, verdicts on versions, who was asked, what was looked at, and what an approval takes."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0010"

_MOMENT = sa.DateTime(timezone=True)


def _of_transfer(table: str) -> sa.Column[str]:
    key = sa.ForeignKey("transfers.id", ondelete="CASCADE", name=f"fk_{table}_transfer")
    return sa.Column("transfer", sa.String(32), key, nullable=False)


def _person(table: str, column: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(column, sa.String(32), sa.ForeignKey("people.id", name=f"fk_{table}_{column}"), nullable=nullable)


def upgrade() -> None:
    """Make the tables."""
    _conversation()
    _decision()


def _conversation() -> None:
    op.create_table(
        "comments",
        sa.Column("id", sa.String(32), nullable=False),
        _of_transfer("comments"),
        sa.Column("thread", sa.String(32), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("anchor", sa.LargeBinary, nullable=False),
        _person("comments", "author"),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("edited", _MOMENT),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("suggestion", sa.Text),
        sa.Column("applied", sa.Integer),
        _person("comments", "resolved_by", nullable=True),
        sa.Column("resolved_at", _MOMENT),
        sa.Column("deleted", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_comments"),
    )
    op.create_table(
        "mentions",
        sa.Column("comment", sa.String(32), sa.ForeignKey("comments.id", ondelete="CASCADE", name="fk_mentions_comment"), nullable=False),
        _person("mentions", "person"),
        sa.PrimaryKeyConstraint("comment", "person", name="pk_mentions"),
    )
    op.create_table(
        "viewed",
        _of_transfer("viewed"),
        _person("viewed", "person"),
        sa.Column("change", sa.String(64), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("transfer", "person", "change", name="pk_viewed"),
    )
    op.create_index("ix_comments_transfer", "comments", ["transfer", "at"])
    op.create_index("ix_mentions_person", "mentions", ["person"])


def _decision() -> None:
    op.create_table(
        "verdicts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), autoincrement=True, nullable=False),
        _of_transfer("verdicts"),
        sa.Column("version", sa.Integer, nullable=False),
        _person("verdicts", "author"),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_verdicts"),
    )
    op.create_table(
        "reviewers",
        _of_transfer("reviewers"),
        _person("reviewers", "person"),
        _person("reviewers", "asked_by"),
        sa.Column("at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("transfer", "person", name="pk_reviewers"),
    )
    op.create_table(
        "review_terms",
        _of_transfer("review_terms"),
        sa.Column("approvals", sa.Integer, nullable=False),
        sa.Column("checks", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("transfer", name="pk_review_terms"),
    )
    op.create_index("ix_verdicts_transfer", "verdicts", ["transfer", "id"])
    op.create_index("ix_reviewers_person", "reviewers", ["person"])
