"""Erased persons, in the feed and by request; what an epoch knows of the span that was lost."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Constant defaults: PostgreSQL writes them in the catalogue and rewrites no row.
    for table in ("feed_entry", "feed_tombstone"):
        op.add_column(
            table, sa.Column("erased", sa.Boolean(), server_default="false", nullable=False)
        )
    op.add_column("sync_epoch", sa.Column("known_until", sa.DateTime(timezone=True)))
    op.add_column("sync_epoch", sa.Column("lost", postgresql.JSONB()))
    op.create_table(
        "erasure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("counts", postgresql.JSONB(), nullable=True),
        sa.CheckConstraint("entity IN ('household','visit')", name="erasure_entity_check"),
        sa.CheckConstraint(
            "reason IN ('asked','purpose_over','consent_withdrawn','unlawful','entered_wrongly',"
            "'register')",
            name="erasure_reason_check",
        ),
        sa.CheckConstraint("(done_at IS NULL) = (counts IS NULL)", name="erasure_done_check"),
        sa.ForeignKeyConstraint(["asked_by"], ["user_account.id"], name="erasure_asked_by_fkey"),
        sa.PrimaryKeyConstraint("id", name="erasure_pkey"),
        sa.UniqueConstraint("entity", "row_id", name="erasure_entity_row_id_key"),
    )
    op.execute("ALTER TABLE erasure ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE erasure FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    op.drop_table("erasure")
    op.drop_column("sync_epoch", "lost")
    op.drop_column("sync_epoch", "known_until")
    for table in ("feed_tombstone", "feed_entry"):
        op.drop_column(table, "erased")
