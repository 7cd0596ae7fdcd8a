"""Attachments: files by hash, with their owner; why the county changed a day of its calendar."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
TABLES = ("attachment", "attachment_leftover")


def upgrade() -> None:
    # Empty: as published. A day with a reason is the county's own and is loaded over by nothing.
    op.add_column("calendar_day", sa.Column("why", sa.Text()))
    op.create_table(
        "attachment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_entity", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("sent_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", TIME, nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        sa.CheckConstraint(
            "owner_entity IN ('visit','dispute','dispute_event','agreement')",
            name="attachment_owner_entity_check",
        ),
        sa.CheckConstraint(
            "purpose IN ('photo','signature','document')", name="attachment_purpose_check"
        ),
        sa.CheckConstraint(
            "length(sha256) = 32 AND length(sent_sha256) = 32", name="attachment_hashes_check"
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["user_account.id"], name="attachment_recorded_by_fkey"
        ),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name="attachment_device_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="attachment_pkey"),
    )
    op.create_index("attachment_owner_ix", "attachment", ["owner_entity", "owner_id"])
    op.create_index("attachment_sha256_ix", "attachment", ["sha256"])
    op.create_table(
        "attachment_leftover",
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="attachment_leftover_pkey"),
    )
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.drop_column("calendar_day", "why")
