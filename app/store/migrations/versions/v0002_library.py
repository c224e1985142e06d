"""The library: plans that were approved, by the architectures of their sides, and the transfers that used them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "library",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("architectures", sa.String(64), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("plan", sa.LargeBinary, nullable=False),
        sa.Column("approved", sa.LargeBinary, nullable=False),
        sa.Column("keys", sa.Integer, nullable=False),
        sa.Column("created", _MOMENT, nullable=False),
        sa.Column("changed", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_library"),
        sa.UniqueConstraint("architectures", name="uq_library_architectures"),
    )
    op.create_table(
        "library_uses",
        sa.Column("entry", sa.String(32), sa.ForeignKey("library.id", ondelete="CASCADE", name="fk_library_uses_entry"), nullable=False),
        sa.Column("transfer", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("entry", "transfer", name="pk_library_uses"),
    )
