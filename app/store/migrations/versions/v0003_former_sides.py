"""Sides that a transfer had before one of them was replaced: its history may lead back to them."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "former_sides",
        sa.Column(
            "transfer", sa.String(32), sa.ForeignKey("transfers.id", ondelete="CASCADE", name="fk_former_sides_transfer"), nullable=False
        ),
        sa.Column("side", sa.String(32), sa.ForeignKey("sides.id", name="fk_former_sides_side"), nullable=False),
        sa.PrimaryKeyConstraint("transfer", "side", name="pk_former_sides"),
    )
    op.create_index("ix_former_sides_side", "former_sides", ["side"])
