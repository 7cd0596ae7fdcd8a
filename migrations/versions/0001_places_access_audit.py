"""Areas, cells, users, Offices, devices, sessions, and the audit table."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "area",
    "audit_act",
    "user_account",
    "credential",
    "device",
    "grid_cell",
    "office",
    "assignment",
    "boundary",
    "login",
)


def upgrade() -> None:
    op.create_table(
        "area",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column(
            "bucket",
            sa.Text(),
            sa.Computed("CASE level WHEN 'village' THEN 'v:' || id::text ELSE 'ref' END"),
            nullable=False,
        ),
        sa.CheckConstraint("code ~ '^[0-9]{2,12}$'", name="area_code_check"),
        sa.CheckConstraint(
            "level IN ('province','city','county','township','village')", name="area_level_check"
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["area.id"], name="area_parent_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="area_pkey"),
        sa.UniqueConstraint("code", name="area_code_key"),
    )
    op.create_index(
        "area_code_prefix_ix", "area", ["code"], postgresql_ops={"code": "text_pattern_ops"}
    )
    op.create_index("area_parent_id_ix", "area", ["parent_id"])
    op.create_table(
        "audit_act",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("what", postgresql.JSONB(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="audit_act_pkey"),
    )
    op.create_table(
        "user_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="user_account_pkey"),
        sa.UniqueConstraint("login", name="user_account_login_key"),
    )
    op.create_table(
        "credential",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="credential_user_id_fkey"),
        sa.PrimaryKeyConstraint("user_id", name="credential_pkey"),
    )
    op.create_table(
        "device",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_n", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("last_time", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="device_user_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="device_pkey"),
    )
    op.create_index("device_user_id_ix", "device", ["user_id"])
    op.create_table(
        "grid_cell",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("village_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("groups", postgresql.ARRAY(sa.Integer()), server_default="{}", nullable=False),
        sa.Column("synthetic", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("bucket", sa.Text(), sa.Computed("'c:' || id::text"), nullable=False),
        sa.CheckConstraint("code ~ '^[0-9]{15}$'", name="grid_cell_code_check"),
        sa.ForeignKeyConstraint(["village_id"], ["area.id"], name="grid_cell_village_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="grid_cell_pkey"),
        sa.UniqueConstraint("code", name="grid_cell_code_key"),
    )
    op.create_index("grid_cell_village_id_ix", "grid_cell", ["village_id"])
    op.create_table(
        "office",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("public_telephone", sa.Text(), nullable=True),
        sa.Column("lead", sa.Boolean(), server_default="false", nullable=False),
        sa.CheckConstraint("level IN ('village','township','county')", name="office_level_check"),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name="office_area_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="office_pkey"),
    )
    op.create_index("office_area_id_ix", "office", ["area_id"])
    op.create_table(
        "assignment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("cell_id", sa.Uuid(), nullable=True),
        sa.Column("office_id", sa.Uuid(), nullable=True),
        sa.Column("area_id", sa.Uuid(), nullable=True),
        sa.Column("leads", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(cell_id, office_id, area_id) = 1", name="assignment_one_place_check"
        ),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to > valid_from", name="assignment_span_check"
        ),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name="assignment_area_id_fkey"),
        sa.ForeignKeyConstraint(["cell_id"], ["grid_cell.id"], name="assignment_cell_id_fkey"),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name="assignment_office_id_fkey"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="assignment_user_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="assignment_pkey"),
    )
    op.create_index("assignment_cell_id_ix", "assignment", ["cell_id"])
    op.create_index("assignment_office_id_ix", "assignment", ["office_id"])
    op.create_index("assignment_user_id_ix", "assignment", ["user_id"])
    op.create_table(
        "boundary",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("cell_id", sa.Uuid(), nullable=True),
        sa.Column("area_id", sa.Uuid(), nullable=True),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("geom", Geometry("MULTIPOLYGON", srid=4326, spatial_index=False), nullable=False),
        sa.CheckConstraint("num_nonnulls(cell_id, area_id) = 1", name="boundary_owner_check"),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name="boundary_area_id_fkey"),
        sa.ForeignKeyConstraint(["cell_id"], ["grid_cell.id"], name="boundary_cell_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="boundary_pkey"),
    )
    op.create_index(
        "boundary_present_area_ix",
        "boundary",
        ["area_id"],
        unique=True,
        postgresql_where=sa.text("valid_to IS NULL AND area_id IS NOT NULL"),
    )
    op.create_index(
        "boundary_present_cell_ix",
        "boundary",
        ["cell_id"],
        unique=True,
        postgresql_where=sa.text("valid_to IS NULL AND cell_id IS NOT NULL"),
    )
    op.create_index("idx_boundary_geom", "boundary", ["geom"], postgresql_using="gist")
    op.create_table(
        "login",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("family_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("access_hash", sa.LargeBinary(), nullable=False),
        sa.Column("refresh_hash", sa.LargeBinary(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("access_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("refresh_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("succeeded_by", sa.Uuid(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name="login_device_id_fkey"),
        sa.ForeignKeyConstraint(["succeeded_by"], ["login.id"], name="login_succeeded_by_fkey"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="login_user_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="login_pkey"),
        sa.UniqueConstraint("access_hash", name="login_access_hash_key"),
        sa.UniqueConstraint("refresh_hash", name="login_refresh_hash_key"),
    )
    op.create_index("login_device_id_ix", "login", ["device_id"])
    op.create_index("login_family_id_ix", "login", ["family_id"])
    op.create_index("login_user_id_ix", "login", ["user_id"])

    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
