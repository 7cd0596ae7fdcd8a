"""Tallies: of each cell, how many of its households were last met on which day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cell_tally",
        sa.Column("cell_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("met_on", postgresql.ARRAY(sa.Date()), nullable=False),
        sa.Column("homes", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.PrimaryKeyConstraint("cell_id", name="cell_tally_pkey"),
        sa.ForeignKeyConstraint(["cell_id"], ["grid_cell.id"], name="cell_tally_cell_id_fkey"),
        sa.CheckConstraint(
            "cardinality(met_on) = cardinality(homes)", name="cell_tally_pairs_check"
        ),
    )
    op.execute("ALTER TABLE cell_tally ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE cell_tally FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    op.drop_table("cell_tally")
