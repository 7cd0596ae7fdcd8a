"""Links between households, and likely duplicates that wait for a person.

New columns of `household` are empty: no table is written anew and no lock is held for long. Rows
from before get their keys from `wangge duplicates find`, since the migration has no keys to seal
with.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLES = ("household_link", "likely_duplicate")


def upgrade() -> None:
    op.add_column("household", sa.Column("head_index", sa.LargeBinary(), nullable=True))
    op.add_column("household", sa.Column("near_address", sa.Text(), nullable=True))
    # A placing is copied from its household, whose own keys hold its place; areas and cells end and
    # are never deleted, and nobody may change a placing's place. To look both up again cost an
    # import a tenth of its time.
    op.drop_constraint("household_placing_village_id_fkey", "household_placing")
    op.drop_constraint("household_placing_cell_id_fkey", "household_placing")
    _make_links()
    _make_duplicates()
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def _make_links() -> None:
    op.create_table(
        "household_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("from_id", sa.Uuid(), nullable=False),
        sa.Column("to_id", sa.Uuid(), nullable=True),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('split','merged','moved','second_home','ended')",
            name="household_link_kind_check",
        ),
        sa.CheckConstraint("(kind = 'ended') = (to_id IS NULL)", name="household_link_ends_check"),
        sa.CheckConstraint("from_id <> to_id", name="household_link_two_check"),
        sa.CheckConstraint("valid_to > valid_from", name="household_link_span_check"),
        sa.ForeignKeyConstraint(["from_id"], ["household.id"], name="household_link_from_id_fkey"),
        sa.ForeignKeyConstraint(["to_id"], ["household.id"], name="household_link_to_id_fkey"),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["user_account.id"], name="household_link_recorded_by_fkey"
        ),
        sa.PrimaryKeyConstraint("id", name="household_link_pkey"),
    )
    op.create_index("household_link_from_id_ix", "household_link", ["from_id"])
    op.create_index("household_link_to_id_ix", "household_link", ["to_id"])
    op.create_index(
        "household_link_present_ix",
        "household_link",
        ["kind", "from_id", "to_id"],
        unique=True,
        postgresql_where=sa.text("valid_to IS NULL"),
    )


def _make_duplicates() -> None:
    op.create_table(
        "likely_duplicate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("first_id", sa.Uuid(), nullable=False),
        sa.Column("second_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided", sa.Text(), nullable=True),
        sa.Column("why", sa.LargeBinary(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "reason IN ('same_head_near_address','same_head_telephone','same_head_point')",
            name="likely_duplicate_reason_check",
        ),
        sa.CheckConstraint("first_id < second_id", name="likely_duplicate_ordered_check"),
        sa.CheckConstraint(
            "decided IN ('same','different')", name="likely_duplicate_decided_check"
        ),
        sa.CheckConstraint(
            "(decided IS NULL) = (decided_at IS NULL)", name="likely_duplicate_when_check"
        ),
        sa.ForeignKeyConstraint(
            ["first_id"], ["household.id"], name="likely_duplicate_first_id_fkey"
        ),
        sa.ForeignKeyConstraint(
            ["second_id"], ["household.id"], name="likely_duplicate_second_id_fkey"
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["user_account.id"], name="likely_duplicate_decided_by_fkey"
        ),
        sa.PrimaryKeyConstraint("id", name="likely_duplicate_pkey"),
        sa.UniqueConstraint(
            "first_id", "second_id", name="likely_duplicate_first_id_second_id_key"
        ),
    )
    op.create_index("likely_duplicate_second_id_ix", "likely_duplicate", ["second_id"])


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    # NOT VALID: to check every placing ever made would hold the table.
    for column, table in (("cell_id", "grid_cell"), ("village_id", "area")):
        op.execute(
            f"ALTER TABLE household_placing ADD CONSTRAINT household_placing_{column}_fkey"
            f" FOREIGN KEY ({column}) REFERENCES {table} (id) NOT VALID"
        )
    op.drop_column("household", "near_address")
    op.drop_column("household", "head_index")
