"""Moves that were applied."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "move",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("plan", postgresql.JSONB(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("counts", postgresql.JSONB(), nullable=False),
        sa.Column("area_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("applied_by", sa.Uuid(), nullable=True),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["applied_by"], ["user_account.id"], name="move_applied_by_fkey"),
        sa.PrimaryKeyConstraint("id", name="move_pkey"),
        sa.UniqueConstraint("token", name="move_token_key"),
    )
    op.execute("ALTER TABLE move ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE move FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    op.drop_table("move")
