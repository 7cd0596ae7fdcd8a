"""Figures: what is counted month by month, and what has changed since."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

COUNTS = (
    *("decided", "settled", "accept_due", "accept_on_time", "handle_due", "handle_on_time"),
    *("received", "reopened", "ended", "extended", "returned", "handed_down", "transferred"),
    *("escalated", "climbed", "accept_took", "handle_took", "whole_took"),
)
DAYS = ("accept_days", "accept_n", "handle_days", "handle_n", "whole_days", "whole_n")
KEY = ("area_id", "below", "category", "month", "level", "office_id")


def upgrade() -> None:
    op.create_table(
        "figure_month",
        sa.Column("area_id", sa.Uuid(), nullable=False),
        sa.Column("below", sa.Boolean(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("office_id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in COUNTS),
        *(sa.Column(name, postgresql.ARRAY(sa.Integer()), nullable=False) for name in DAYS),
        sa.PrimaryKeyConstraint(*KEY, name="figure_month_pkey"),
    )
    op.create_table(
        "figure_dirty",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("area_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recoded", sa.Boolean(), server_default="false", nullable=False),
        sa.CheckConstraint("extract(day FROM month) = 1", name="figure_dirty_month_check"),
        sa.PrimaryKeyConstraint("id", name="figure_dirty_pkey"),
    )
    op.create_index("figure_dirty_area_id_ix", "figure_dirty", ["area_id"])
    op.create_index("figure_dirty_at_ix", "figure_dirty", ["at"])
    # What is there already waits to be counted.
    op.execute("""
        INSERT INTO figure_dirty (area_id, month, at)
        SELECT DISTINCT d.area_id, date_trunc('month', t AT TIME ZONE 'Asia/Shanghai')::date, now()
          FROM holding h JOIN dispute d ON d.id = h.dispute_id
         CROSS JOIN unnest(ARRAY[h.received_at, h.accepted_at, h.ended_at, h.overdue_at]) t
         WHERE t IS NOT NULL
    """)
    op.create_index("dispute_area_id_ix", "dispute", ["area_id"])
    for table in ("figure_month", "figure_dirty"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    op.drop_index("dispute_area_id_ix", "dispute")
    op.drop_table("figure_dirty")
    op.drop_table("figure_month")
