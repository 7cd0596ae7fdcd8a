"""Consents: a service need stands on one, and goes with it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_NEEDS = (
    "'visiting','daily_care','meals','medical','mobility','child_care','living_support','hearing'"
)


def upgrade() -> None:
    op.create_table(
        "consent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("need", sa.Text(), nullable=False),
        sa.Column("given_by", sa.Text(), nullable=False),
        sa.Column("giver", sa.LargeBinary()),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid()),
        sa.Column("recorded_at", _TIME, nullable=False),
        sa.Column("received_at", _TIME, nullable=False),
        sa.Column("ended_at", _TIME),
        sa.Column("ended_how", sa.Text()),
        sa.Column("ended_by", sa.Uuid()),
        sa.PrimaryKeyConstraint("id", name="consent_pkey"),
        sa.ForeignKeyConstraint(
            ["household_id"], ["household.id"], name="consent_household_id_fkey"
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["user_account.id"], name="consent_recorded_by_fkey"
        ),
        sa.ForeignKeyConstraint(["ended_by"], ["user_account.id"], name="consent_ended_by_fkey"),
        *_consent_words(),
        sa.CheckConstraint("ended_how IN ('expired','withdrawn','replaced')", name="ended_how"),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_how IS NULL)", name="ended"),
    )
    op.create_index("consent_household_id_ix", "consent", ["household_id"])
    op.create_table(
        "service_need",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("need", sa.Text(), nullable=False),
        sa.Column("given_by", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("received_at", _TIME, nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False, server_default="false"),
        sa.Column("stamps", postgresql.JSONB(), nullable=False, server_default="{}"),
        sa.PrimaryKeyConstraint("id", name="service_need_pkey"),
        sa.ForeignKeyConstraint(["id"], ["consent.id"], name="service_need_id_fkey"),
        sa.ForeignKeyConstraint(
            ["household_id", "bucket"],
            ["household.id", "household.bucket"],
            onupdate="CASCADE",
            name="service_need_follows_household_fkey",
        ),
        *_consent_words(),
    )
    op.create_index("service_need_bucket_ix", "service_need", ["bucket"])
    op.create_index("service_need_household_id_ix", "service_need", ["household_id"])
    op.create_index("service_need_until_ix", "service_need", ["until"])
    for table in ("consent", "service_need"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    op.drop_table("service_need")
    op.drop_table("consent")


def _consent_words() -> tuple[sa.CheckConstraint, ...]:
    return (
        sa.CheckConstraint(f"need IN ({_NEEDS})", name="need"),
        sa.CheckConstraint("given_by IN ('self','guardian','family')", name="given_by"),
        sa.CheckConstraint("how IN ('oral','written')", name="how"),
        sa.CheckConstraint("until >= given_on", name="span"),
    )
