"""The feed, what sync keeps, and the epoch."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = (
    "feed_entry",
    "feed_head",
    "feed_mark",
    "feed_pending",
    "feed_tombstone",
    "sync_epoch",
    "sync_conflict",
    "sync_quarantine",
    "sync_receipt",
)


def upgrade() -> None:
    op.create_table(
        "feed_entry",
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=False),
        sa.Column("put", sa.Boolean(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("stamped", sa.BigInteger(), nullable=True),
        sa.Column("was_put", sa.Boolean(), server_default="false", nullable=False),
        sa.PrimaryKeyConstraint("bucket", "entity", "row_id", name="feed_entry_pkey"),
    )
    op.create_index("feed_entry_bucket_seq_ix", "feed_entry", ["bucket", "seq"])
    op.create_index(
        "feed_entry_unstamped_ix", "feed_entry", ["entity"], postgresql_where=sa.text("seq IS NULL")
    )
    op.create_table(
        "feed_head",
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("h", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("bucket", name="feed_head_pkey"),
    )
    op.create_table(
        "feed_mark",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mark", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="feed_mark_pkey"),
        sa.UniqueConstraint("mark", name="feed_mark_mark_key"),
    )
    op.create_table(
        "feed_pending",
        sa.Column("txid", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("txid", name="feed_pending_pkey"),
    )
    op.create_table(
        "feed_tombstone",
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("entity", "row_id", name="feed_tombstone_pkey"),
    )
    op.create_table(
        "sync_epoch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="sync_epoch_pkey"),
        sa.UniqueConstraint("number", name="sync_epoch_number_key"),
    )
    op.create_table(
        "sync_conflict",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("mid", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=False),
        sa.Column("bucket", sa.Text(), nullable=True),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("values", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("needs_person", sa.Boolean(), nullable=False),
        sa.Column("decided", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("decided IN ('ours','theirs')", name="sync_conflict_decided_check"),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["user_account.id"], name="sync_conflict_decided_by_fkey"
        ),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name="sync_conflict_device_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="sync_conflict_pkey"),
    )
    op.create_index("sync_conflict_bucket_ix", "sync_conflict", ["bucket"])
    op.create_index("sync_conflict_row_ix", "sync_conflict", ["entity", "row_id"])
    op.create_table(
        "sync_quarantine",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("mid", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("change", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("closed_how", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["author_id"], ["user_account.id"], name="sync_quarantine_author_id_fkey"
        ),
        sa.ForeignKeyConstraint(
            ["closed_by"], ["user_account.id"], name="sync_quarantine_closed_by_fkey"
        ),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.id"], name="sync_quarantine_device_id_fkey"
        ),
        sa.PrimaryKeyConstraint("device_id", "mid", name="sync_quarantine_pkey"),
    )
    op.create_index("sync_quarantine_author_id_ix", "sync_quarantine", ["author_id"])
    op.create_index(
        "sync_quarantine_open_ix",
        "sync_quarantine",
        ["device_id"],
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "sync_receipt",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("mid", sa.Uuid(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name="sync_receipt_device_id_fkey"),
        sa.PrimaryKeyConstraint("device_id", "mid", name="sync_receipt_pkey"),
    )
    op.create_index("sync_receipt_received_at_ix", "sync_receipt", ["received_at"])
    # An entry is stamped in place; room on the page keeps that cheap.
    op.execute("ALTER TABLE feed_entry SET (fillfactor = 80)")
    op.execute("CREATE SEQUENCE feed_seq AS bigint")

    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.execute("DROP SEQUENCE feed_seq")
