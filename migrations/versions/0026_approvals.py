"""Approvals: acts that need a second person; what was taken without one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "approval",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("what", postgresql.JSONB(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Uuid()),
        sa.Column("asked_device", sa.Uuid()),
        sa.Column("asked_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("verdict", sa.Text()),
        sa.Column("decided_by", sa.Uuid()),
        sa.Column("decided_device", sa.Uuid()),
        sa.Column("decided_at", _TIME),
        sa.Column("note", sa.Text()),
        sa.Column("used_at", _TIME),
        sa.CheckConstraint("act IN ('export.bulk','case.delete','audit.settings')", name="act"),
        sa.CheckConstraint("verdict IN ('approved','refused','withdrawn')", name="verdict"),
        sa.CheckConstraint("(verdict IS NULL) = (decided_at IS NULL)", name="decided"),
        sa.CheckConstraint("used_at IS NULL OR verdict = 'approved'", name="used"),
        sa.CheckConstraint(
            "verdict IS DISTINCT FROM 'approved'"
            " OR (decided_by IS NOT NULL AND decided_by IS DISTINCT FROM asked_by)",
            name="two_persons",
        ),
        sa.PrimaryKeyConstraint("id", name="approval_pkey"),
        sa.ForeignKeyConstraint(["asked_by"], ["user_account.id"], name="approval_asked_by_fkey"),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["user_account.id"], name="approval_decided_by_fkey"
        ),
    )
    op.create_index("approval_asked_by_ix", "approval", ["asked_by"])
    op.create_table(
        "export_taken",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid()),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="export_taken_pkey"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="export_taken_user_id_fkey"),
    )
    op.create_index("export_taken_user_id_at_ix", "export_taken", ["user_id", "at"])
    for table in ("approval", "export_taken"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    """What waits for a second person is forgotten with those that were used; the audit stays."""
    op.drop_table("export_taken")
    op.drop_table("approval")
