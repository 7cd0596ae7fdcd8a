"""Sync for people: raw readings of clocks, what a change set aside leans on, alarms of phones."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# Empty in rows from before: nothing is rewritten, no lock is held for longer than a moment.
COLUMNS = {
    "sync_receipt": {
        "wall": sa.BigInteger(),
        "elapsed": sa.BigInteger(),
        "boot": sa.Text(),
        "recorded_at": sa.DateTime(timezone=True),
        "proof": sa.Text(),
    },
    "sync_quarantine": {
        "recorded_at": sa.DateTime(timezone=True),
        "proof": sa.Text(),
        "place": sa.Text(),
        "needs_id": sa.Uuid(),
        "corrected": postgresql.ARRAY(sa.Text()),
        "why": sa.LargeBinary(),
    },
}
INDEXES = (
    ("sync_quarantine_row_id_ix", "sync_quarantine", "row_id", "closed_at IS NULL"),
    ("sync_quarantine_needs_id_ix", "sync_quarantine", "needs_id", "closed_at IS NULL"),
    ("sync_quarantine_closed_at_ix", "sync_quarantine", "closed_at", "closed_at IS NOT NULL"),
    ("sync_conflict_device_id_ix", "sync_conflict", "device_id", None),
    ("sync_conflict_recorded_at_ix", "sync_conflict", "recorded_at", None),
)


def upgrade() -> None:
    for table, columns in COLUMNS.items():
        for name, kind in columns.items():
            op.add_column(table, sa.Column(name, kind, nullable=True))
    for name, table, column, where in INDEXES:
        op.create_index(name, table, [column], postgresql_where=sa.text(where) if where else None)
    op.create_table(
        "sync_alarm",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("details", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name="sync_alarm_device_id_fkey"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="sync_alarm_user_id_fkey"),
        sa.PrimaryKeyConstraint("device_id", "kind", "day", name="sync_alarm_pkey"),
    )
    op.create_index("sync_alarm_last_at_ix", "sync_alarm", ["last_at"])
    op.execute("ALTER TABLE sync_alarm ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE sync_alarm FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    op.drop_table("sync_alarm")
    for name, table, _, _ in INDEXES:
        op.drop_index(name, table_name=table)
    for table, columns in COLUMNS.items():
        for name in columns:
            op.drop_column(table, name)
