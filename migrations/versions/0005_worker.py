"""The worker's heartbeats."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "heartbeat",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="heartbeat_pkey"),
    )
    op.execute("ALTER TABLE heartbeat ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE heartbeat FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    op.drop_table("heartbeat")
