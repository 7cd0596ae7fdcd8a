"""The policy and the calendar; disputes, their Holdings and their history."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = (
    "policy_version",
    "calendar_day",
    "dispute",
    "dispute_place",
    "party",
    "holding",
    "dispute_event",
)
_CATEGORIES = (
    "marriage_family neighbours house_sites contract business damages forest_and_land"
    " expropriation pollution unpaid_wages other_labour tourism e_commerce other_consumer"
    " medical traffic property_management other"
)
_STATES = "registered accepted in_mediation settled closed unsettled referred withdrawn refused"


def upgrade() -> None:
    op.create_table(
        "policy_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="policy_version_pkey"),
        sa.UniqueConstraint("version", name="policy_version_version_key"),
    )
    op.create_table(
        "calendar_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("working", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("provisional", sa.Boolean(), server_default="false", nullable=False),
        sa.PrimaryKeyConstraint("day", name="calendar_day_pkey"),
    )
    op.create_table(
        "dispute",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("story", sa.LargeBinary(), nullable=False),
        sa.Column("village_id", sa.Uuid(), nullable=True),
        sa.Column("cell_id", sa.Uuid(), nullable=True),
        sa.Column("area_id", sa.Uuid(), nullable=False),
        sa.Column("start_level", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("office_id", sa.Uuid(), nullable=False),
        sa.Column("first_office_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("size", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.Column("done_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("external_system", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("related_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            _one_of(
                "category",
                _CATEGORIES,
            ),
            name="dispute_category_check",
        ),
        sa.CheckConstraint(
            _one_of(
                "channel", "visit walk_in telephone letter hotline handed_down proxy own_search"
            ),
            name="dispute_channel_check",
        ),
        sa.CheckConstraint(_one_of("level", "village township county"), name="dispute_level_check"),
        sa.CheckConstraint(
            "occurred_at >= '1970-01-01 00:00:00+00' AND occurred_at < '3000-01-01 00:00:00+00'",
            name="dispute_occurred_at_check",
        ),
        sa.CheckConstraint(_one_of("proof", "proved claimed"), name="dispute_proof_check"),
        sa.CheckConstraint(_one_of("size", "individual group major"), name="dispute_size_check"),
        sa.CheckConstraint(
            _one_of("start_level", "village township county"), name="dispute_start_level_check"
        ),
        sa.CheckConstraint(
            _one_of(
                "status",
                _STATES,
            ),
            name="dispute_status_check",
        ),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name="dispute_area_id_fkey"),
        sa.ForeignKeyConstraint(["cell_id"], ["grid_cell.id"], name="dispute_cell_id_fkey"),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name="dispute_device_id_fkey"),
        sa.ForeignKeyConstraint(["done_by"], ["user_account.id"], name="dispute_done_by_fkey"),
        sa.ForeignKeyConstraint(
            ["first_office_id"], ["office.id"], name="dispute_first_office_id_fkey"
        ),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name="dispute_office_id_fkey"),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["user_account.id"], name="dispute_recorded_by_fkey"
        ),
        sa.ForeignKeyConstraint(["related_id"], ["dispute.id"], name="dispute_related_id_fkey"),
        sa.ForeignKeyConstraint(["village_id"], ["area.id"], name="dispute_village_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="dispute_pkey"),
        sa.UniqueConstraint(
            "external_system", "external_id", name="dispute_external_system_external_id_key"
        ),
    )
    op.create_index("dispute_author_ix", "dispute", ["recorded_by", "received_at"])
    op.create_index("dispute_office_id_ix", "dispute", ["office_id"])
    op.create_index("dispute_status_ix", "dispute", ["status"])
    op.create_index("dispute_village_id_ix", "dispute", ["village_id"])
    op.create_table(
        "dispute_place",
        sa.Column("dispute_id", sa.Uuid(), nullable=False),
        sa.Column(
            "bucket",
            sa.Text(),
            sa.Computed("coalesce('c:' || cell_id::text, 'v:' || village_id::text)"),
            nullable=False,
        ),
        sa.Column("village_id", sa.Uuid(), nullable=False),
        sa.Column("cell_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["cell_id"], ["grid_cell.id"], name="dispute_place_cell_id_fkey"),
        sa.ForeignKeyConstraint(
            ["dispute_id"], ["dispute.id"], name="dispute_place_dispute_id_fkey"
        ),
        sa.ForeignKeyConstraint(["village_id"], ["area.id"], name="dispute_place_village_id_fkey"),
        sa.PrimaryKeyConstraint("dispute_id", "village_id", name="dispute_place_pkey"),
        sa.UniqueConstraint("dispute_id", "bucket", name="dispute_place_dispute_id_bucket_key"),
    )
    op.create_index("dispute_place_bucket_ix", "dispute_place", ["bucket"])
    op.create_table(
        "party",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dispute_id", sa.Uuid(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=True),
        sa.Column("office_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.LargeBinary(), nullable=True),
        sa.Column("telephone", sa.LargeBinary(), nullable=True),
        sa.Column("telephone_index", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            _one_of("kind", "household office user outsider"), name="party_kind_check"
        ),
        sa.CheckConstraint(_one_of("side", "applicant respondent third"), name="party_side_check"),
        sa.ForeignKeyConstraint(["dispute_id"], ["dispute.id"], name="party_dispute_id_fkey"),
        sa.ForeignKeyConstraint(["household_id"], ["household.id"], name="party_household_id_fkey"),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name="party_office_id_fkey"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="party_user_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="party_pkey"),
    )
    op.create_index("party_dispute_id_ix", "party", ["dispute_id"])
    op.create_index("party_household_id_ix", "party", ["household_id"])
    op.create_index("party_telephone_index_ix", "party", ["telephone_index"])
    op.create_index("party_user_id_ix", "party", ["user_id"])
    op.create_table(
        "holding",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dispute_id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("office_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("policy_id", sa.Uuid(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accept_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handle_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("extension_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("extended", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_how", sa.Text(), nullable=True),
        sa.Column("climbed_from", sa.Uuid(), nullable=True),
        sa.CheckConstraint(_one_of("level", "village township county"), name="holding_level_check"),
        sa.CheckConstraint("(ended_at IS NULL) = (due_at IS NOT NULL)", name="holding_due_check"),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_how IS NULL)", name="holding_ended_check"),
        sa.ForeignKeyConstraint(["climbed_from"], ["holding.id"], name="holding_climbed_from_fkey"),
        sa.ForeignKeyConstraint(["dispute_id"], ["dispute.id"], name="holding_dispute_id_fkey"),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name="holding_office_id_fkey"),
        sa.ForeignKeyConstraint(
            ["policy_id"], ["policy_version.id"], name="holding_policy_id_fkey"
        ),
        sa.PrimaryKeyConstraint("id", name="holding_pkey"),
        sa.UniqueConstraint("climbed_from", name="holding_climbed_from_key"),
        sa.UniqueConstraint("dispute_id", "n", name="holding_dispute_id_n_key"),
    )
    op.create_index(
        "holding_due_ix",
        "holding",
        ["due_at", "id"],
        postgresql_where=sa.text("ended_at IS NULL AND overdue_at IS NULL"),
    )
    op.create_index("holding_office_id_ix", "holding", ["office_id"])
    op.create_index(
        "holding_open_ix",
        "holding",
        ["dispute_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "dispute_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dispute_id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("from_status", sa.Text(), nullable=True),
        sa.Column("to_status", sa.Text(), nullable=False),
        sa.Column("office_id", sa.Uuid(), nullable=True),
        sa.Column("holding_id", sa.Uuid(), nullable=True),
        sa.Column("done_by", sa.Uuid(), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("why", sa.LargeBinary(), nullable=True),
        sa.Column("why_mac", sa.LargeBinary(), nullable=True),
        sa.Column("agreement", sa.LargeBinary(), nullable=True),
        sa.Column("agreement_mac", sa.LargeBinary(), nullable=True),
        sa.Column("referred_to", sa.Text(), nullable=True),
        sa.Column("rights_told", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("refused", sa.Text(), nullable=True),
        sa.Column("intended", sa.Text(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.Column("prev_hash", sa.LargeBinary(), nullable=True),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "occurred_at >= '1970-01-01 00:00:00+00' AND occurred_at < '3000-01-01 00:00:00+00'",
            name="dispute_event_occurred_at_check",
        ),
        sa.CheckConstraint(_one_of("proof", "proved claimed"), name="dispute_event_proof_check"),
        sa.CheckConstraint(
            _one_of("referred_to", "court arbitration police administration review other"),
            name="dispute_event_referred_to_check",
        ),
        sa.CheckConstraint(
            _one_of(
                "to_status",
                _STATES,
            ),
            name="dispute_event_to_status_check",
        ),
        sa.CheckConstraint(
            "(agreement IS NULL) = (agreement_mac IS NULL)", name="dispute_event_agreement_check"
        ),
        sa.CheckConstraint("(why IS NULL) = (why_mac IS NULL)", name="dispute_event_why_check"),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name="dispute_event_device_id_fkey"),
        sa.ForeignKeyConstraint(
            ["dispute_id"], ["dispute.id"], name="dispute_event_dispute_id_fkey"
        ),
        sa.ForeignKeyConstraint(
            ["done_by"], ["user_account.id"], name="dispute_event_done_by_fkey"
        ),
        sa.ForeignKeyConstraint(
            ["holding_id"], ["holding.id"], name="dispute_event_holding_id_fkey"
        ),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name="dispute_event_office_id_fkey"),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["user_account.id"], name="dispute_event_recorded_by_fkey"
        ),
        sa.PrimaryKeyConstraint("id", name="dispute_event_pkey"),
        sa.UniqueConstraint("dispute_id", "n", name="dispute_event_dispute_id_n_key"),
    )
    op.create_index("dispute_event_author_ix", "dispute_event", ["recorded_by", "received_at"])
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _one_of(column: str, slugs: str) -> str:
    listed = ",".join(f"'{slug}'" for slug in slugs.split())
    return f"{column} IN ({listed})"
