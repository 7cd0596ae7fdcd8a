"""Households, their placing in cells, and visits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = ("household", "household_placing", "visit")


def upgrade() -> None:
    op.create_table(
        "household",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("village_id", sa.Uuid(), nullable=False),
        sa.Column("cell_id", sa.Uuid(), nullable=True),
        sa.Column(
            "bucket",
            sa.Text(),
            sa.Computed("coalesce('c:' || cell_id::text, 'v:' || village_id::text)"),
            nullable=False,
        ),
        sa.Column("group_no", sa.Integer(), nullable=True),
        sa.Column("kind", sa.Text(), server_default="family", nullable=False),
        sa.Column("state", sa.Text(), server_default="lived_in", nullable=False),
        sa.Column("head_name", sa.LargeBinary(), nullable=False),
        sa.Column("telephone", sa.LargeBinary(), nullable=True),
        sa.Column("telephone_index", sa.LargeBinary(), nullable=True),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("people", sa.Integer(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("datum", sa.Text(), nullable=True),
        sa.Column("accuracy_m", sa.Float(), nullable=True),
        sa.Column("geom", Geometry("POINT", srid=4326, spatial_index=False), nullable=True),
        sa.Column("placed_by", sa.Text(), nullable=True),
        sa.Column("unplaced", sa.Text(), nullable=True),
        sa.Column("external_system", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("stamps", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('family','shop','enterprise','institution')", name="household_kind_check"
        ),
        sa.CheckConstraint(
            "placed_by IN ('point','group','hand')", name="household_placed_by_check"
        ),
        sa.CheckConstraint("state IN ('lived_in','away','ended')", name="household_state_check"),
        sa.CheckConstraint(
            "(cell_id IS NULL) = (placed_by IS NULL)"
            " AND (cell_id IS NULL) = (unplaced IS NOT NULL)",
            name="household_placed_check",
        ),
        sa.ForeignKeyConstraint(["cell_id"], ["grid_cell.id"], name="household_cell_id_fkey"),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["user_account.id"], name="household_recorded_by_fkey"
        ),
        sa.ForeignKeyConstraint(["village_id"], ["area.id"], name="household_village_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="household_pkey"),
        sa.UniqueConstraint(
            "external_system", "external_id", name="household_external_system_external_id_key"
        ),
        sa.UniqueConstraint("id", "bucket", name="household_id_bucket_key"),
    )
    op.create_index("household_bucket_ix", "household", ["bucket"])
    op.create_index("household_telephone_index_ix", "household", ["telephone_index"])
    op.create_index(
        "household_unplaced_ix",
        "household",
        ["village_id"],
        postgresql_where=sa.text("cell_id IS NULL"),
    )
    op.create_index("household_village_id_ix", "household", ["village_id"])
    op.create_index("idx_household_geom", "household", ["geom"], postgresql_using="gist")
    op.create_table(
        "household_placing",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("village_id", sa.Uuid(), nullable=False),
        sa.Column("cell_id", sa.Uuid(), nullable=True),
        sa.Column("placed_by", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["cell_id"], ["grid_cell.id"], name="household_placing_cell_id_fkey"
        ),
        sa.ForeignKeyConstraint(
            ["household_id"], ["household.id"], name="household_placing_household_id_fkey"
        ),
        sa.ForeignKeyConstraint(
            ["village_id"], ["area.id"], name="household_placing_village_id_fkey"
        ),
        sa.PrimaryKeyConstraint("id", name="household_placing_pkey"),
    )
    op.create_index("household_placing_household_id_ix", "household_placing", ["household_id"])
    op.create_index(
        "household_placing_present_ix",
        "household_placing",
        ["household_id"],
        unique=True,
        postgresql_where=sa.text("valid_to IS NULL"),
    )
    op.create_table(
        "visit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("cell_id", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), server_default="service", nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("companions", sa.Integer(), nullable=True),
        sa.Column("done_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.Column("supersedes_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('met','by_telephone','nobody_home','declined','moved_away')",
            name="visit_outcome_check",
        ),
        sa.CheckConstraint("proof IN ('proved','claimed')", name="visit_proof_check"),
        sa.CheckConstraint(
            "occurred_at >= '1970-01-01 00:00:00+00' AND occurred_at < '3000-01-01 00:00:00+00'",
            name="visit_occurred_at_check",
        ),
        sa.ForeignKeyConstraint(["cell_id"], ["grid_cell.id"], name="visit_cell_id_fkey"),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name="visit_device_id_fkey"),
        sa.ForeignKeyConstraint(["done_by"], ["user_account.id"], name="visit_done_by_fkey"),
        sa.ForeignKeyConstraint(
            ["household_id", "bucket"],
            ["household.id", "household.bucket"],
            name="visit_follows_household_fkey",
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["user_account.id"], name="visit_recorded_by_fkey"
        ),
        sa.ForeignKeyConstraint(["supersedes_id"], ["visit.id"], name="visit_supersedes_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="visit_pkey"),
    )
    op.create_index("visit_bucket_recorded_at_ix", "visit", ["bucket", "recorded_at"])
    op.create_index("visit_household_id_recorded_at_ix", "visit", ["household_id", "recorded_at"])

    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
