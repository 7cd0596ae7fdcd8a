"""Ids that other platforms use, and what was handed over to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TABLES = ("external_ref", "handover", "handover_row")


def upgrade() -> None:
    op.create_table(
        "external_ref",
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "entity IN ('household','visit','dispute')", name="external_ref_entity_check"
        ),
        sa.PrimaryKeyConstraint("entity", "row_id", "system", name="external_ref_pkey"),
        sa.UniqueConstraint(
            "entity", "system", "external_id", name="external_ref_entity_system_external_id_key"
        ),
    )
    op.create_table(
        "handover",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("mapping_digest", sa.LargeBinary(), nullable=False),
        sa.Column("counts", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "n", name="handover_pkey"),
    )
    op.create_table(
        "handover_row",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("version", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("change IN ('new','changed','ended')", name="handover_row_change_check"),
        sa.CheckConstraint(
            "entity IN ('household','visit','dispute')", name="handover_row_entity_check"
        ),
        sa.ForeignKeyConstraint(
            ["platform", "n"],
            ["handover.platform", "handover.n"],
            name="handover_row_platform_n_fkey",
        ),
        sa.PrimaryKeyConstraint("platform", "entity", "row_id", "n", name="handover_row_pkey"),
    )
    op.create_index("handover_row_platform_n_ix", "handover_row", ["platform", "n"])
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
