"""The first tables: people, trees, sides, transfers with their sources, edits, snapshots, decisions."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_MOMENT = sa.DateTime(timezone=True)
_SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make every table."""
    _people_and_sides()
    _transfers()
    _edits()


def _people_and_sides() -> None:
    op.create_table(
        "people",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_people"),
    )
    op.create_table(
        "trees",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("format", sa.Text, nullable=False),
        sa.Column("tensors", sa.Integer, nullable=False),
        sa.Column("parameters", sa.BigInteger, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_trees"),
    )
    op.create_table(
        "sides",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("spec", sa.LargeBinary, nullable=False),
        sa.Column("card", sa.LargeBinary, nullable=False),
        sa.Column("tree", sa.String(64), sa.ForeignKey("trees.digest", name="fk_sides_tree")),
        sa.Column("author", sa.String(32), sa.ForeignKey("people.id", name="fk_sides_author"), nullable=False),
        sa.Column("created", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sides"),
    )


def _transfers() -> None:
    op.create_table(
        "transfers",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("plan", sa.LargeBinary, nullable=False),
        sa.Column("target", sa.String(32), sa.ForeignKey("sides.id", name="fk_transfers_target"), nullable=False),
        sa.Column("author", sa.String(32), sa.ForeignKey("people.id", name="fk_transfers_author"), nullable=False),
        sa.Column("created", _MOMENT, nullable=False),
        sa.Column("changed", _MOMENT, nullable=False),
        sa.Column("archived", sa.Boolean, nullable=False),
        sa.Column("example", sa.Boolean, nullable=False),
        sa.Column("summary", sa.LargeBinary),
        sa.PrimaryKeyConstraint("id", name="pk_transfers"),
    )
    op.create_index("ix_transfers_changed", "transfers", ["archived", "changed"])
    op.create_index("ix_transfers_target", "transfers", ["target"])
    op.create_table(
        "transfer_sources",
        sa.Column(
            "transfer",
            sa.String(32),
            sa.ForeignKey("transfers.id", ondelete="CASCADE", name="fk_transfer_sources_transfer"),
            nullable=False,
        ),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("side", sa.String(32), sa.ForeignKey("sides.id", name="fk_transfer_sources_side"), nullable=False),
        sa.PrimaryKeyConstraint("transfer", "name", name="pk_transfer_sources"),
    )
    op.create_index("ix_transfer_sources_side", "transfer_sources", ["side"])


def _edits() -> None:
    op.create_table(
        "edits",
        sa.Column("id", _SERIAL, nullable=False, autoincrement=True),
        sa.Column("transfer", sa.String(32), sa.ForeignKey("transfers.id", ondelete="CASCADE", name="fk_edits_transfer"), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("author", sa.String(32), sa.ForeignKey("people.id", name="fk_edits_author"), nullable=False),
        sa.Column("client", sa.String(64), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("label", sa.LargeBinary, nullable=False),
        sa.Column("forward", sa.LargeBinary, nullable=False),
        sa.Column("inverse", sa.LargeBinary, nullable=False),
        sa.Column("undoes", _SERIAL, sa.ForeignKey("edits.id", ondelete="CASCADE", name="fk_edits_undoes")),
        sa.Column("undone", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_edits"),
        sa.UniqueConstraint("transfer", "version", name="uq_edits_transfer"),
    )
    op.create_table(
        "snapshots",
        sa.Column(
            "transfer", sa.String(32), sa.ForeignKey("transfers.id", ondelete="CASCADE", name="fk_snapshots_transfer"), nullable=False
        ),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("plan", sa.LargeBinary, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("author", sa.String(32), sa.ForeignKey("people.id", name="fk_snapshots_author"), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("transfer", "version", name="pk_snapshots"),
    )
    op.create_table(
        "decisions",
        sa.Column(
            "transfer", sa.String(32), sa.ForeignKey("transfers.id", ondelete="CASCADE", name="fk_decisions_transfer"), nullable=False
        ),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("claim", sa.String(64), nullable=False),
        sa.Column("decision", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("transfer", "target", "claim", name="pk_decisions"),
    )
