"""Limits: one table of knocks, in place of the resident's own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """What was counted before is not carried over: it is a minute's worth."""
    op.create_table(
        "knock",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.LargeBinary(), nullable=False),
        sa.Column("remaining", sa.Double(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("kind", "source", name="knock_pkey"),
    )
    op.create_index("knock_at_ix", "knock", ["at"])
    _wall("knock")
    op.drop_table("resident_knock")


def downgrade() -> None:
    op.create_table(
        "resident_knock",
        sa.Column("source", sa.LargeBinary(), nullable=False),
        sa.Column("remaining", sa.Double(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("source", name="resident_knock_pkey"),
    )
    op.create_index("resident_knock_at_ix", "resident_knock", ["at"])
    _wall("resident_knock")
    op.drop_table("knock")


def _wall(table: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
