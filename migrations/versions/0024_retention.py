"""Retention: rules, erasures of cases and parties, consents."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
TABLES = (
    "figure_kept",
    "erasure_mention",
    "retention_setting",
    "retention_run",
    "service_need",
    "consent",
)
_NEEDS = (
    "'visiting','daily_care','meals','medical','mobility','child_care','living_support','hearing'"
)


def upgrade() -> None:
    _widen_erasures()
    _let_texts_go()
    _add_mentions()
    _keep_figures()
    _add_retention()
    _add_consents()
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    _keep_texts_again()
    # What this revision cannot name stays in the register outside the database.
    op.execute("DELETE FROM erasure WHERE entity NOT IN ('household','visit')")
    _replace_check("erasure", "entity", "entity IN ('household','visit')")


def _replace_check(table: str, name: str, condition: str, how: str = "") -> None:
    """By SQL: older revisions put the table's name before the check's once more."""
    for old in (f"{table}_{name}_check", f"{table}_{table}_{name}_check_check"):
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {old}")
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {table}_{name}_check CHECK ({condition}) {how}")


def _widen_erasures() -> None:
    _replace_check("erasure", "entity", "entity IN ('household','visit','party','dispute')")


def _let_texts_go() -> None:
    """A text may be erased from history: its digest stays, so that the chain holds."""
    op.alter_column("claim", "content", nullable=True)
    op.alter_column("term", "content", nullable=True)
    op.add_column("dispute_event", sa.Column("erased_at", _TIME))
    for column in ("why", "agreement"):
        # Whatever held by the old one holds by this one, so that nothing has to be read again.
        _replace_check(
            "dispute_event",
            column,
            f"({column} IS NULL) = ({column}_mac IS NULL)"
            f" OR {column} IS NULL AND erased_at IS NOT NULL",
            "NOT VALID",
        )


def _keep_texts_again() -> None:
    for column in ("why", "agreement"):
        # Not validated: texts that were erased do not come back.
        _replace_check(
            "dispute_event", column, f"({column} IS NULL) = ({column}_mac IS NULL)", "NOT VALID"
        )
    op.drop_column("dispute_event", "erased_at")
    for table in ("term", "claim"):
        op.execute(f"DELETE FROM {table} WHERE content IS NULL")
        op.alter_column(table, "content", nullable=False)


def _add_mentions() -> None:
    op.create_table(
        "erasure_mention",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("erasure_id", sa.Uuid(), nullable=False),
        sa.Column("dispute_id", sa.Uuid(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("named", sa.Boolean(), nullable=False),
        sa.Column("found_at", _TIME, nullable=False),
        sa.Column("decided", sa.Text()),
        sa.Column("wording", sa.LargeBinary()),
        sa.Column("decided_by", sa.Uuid()),
        sa.Column("decided_at", _TIME),
        sa.Column("done_at", _TIME),
        sa.PrimaryKeyConstraint("id", name="erasure_mention_pkey"),
        sa.ForeignKeyConstraint(
            ["erasure_id"], ["erasure.id"], name="erasure_mention_erasure_id_fkey"
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["user_account.id"], name="erasure_mention_decided_by_fkey"
        ),
        sa.UniqueConstraint(
            "erasure_id", "row_id", "field", name="erasure_mention_erasure_id_row_id_field_key"
        ),
        sa.CheckConstraint("decided IN ('reworded','removed','stays')", name="decided"),
        sa.CheckConstraint("(decided IS NULL) = (decided_at IS NULL)", name="when"),
    )
    op.create_index("erasure_mention_dispute_id_ix", "erasure_mention", ["dispute_id"])


def _keep_figures() -> None:
    op.create_table(
        "figure_kept",
        sa.Column("holding_id", sa.Uuid(), nullable=False),
        sa.Column("dispute_id", sa.Uuid(), nullable=False),
        sa.Column("area_id", sa.Uuid(), nullable=False),
        sa.Column("office_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("received_at", _TIME, nullable=False),
        sa.Column("accepted_at", _TIME),
        sa.Column("accept_by", _TIME, nullable=False),
        sa.Column("handle_by", _TIME, nullable=False),
        sa.Column("overdue_at", _TIME),
        sa.Column("ended_at", _TIME),
        sa.Column("extended", sa.Boolean(), nullable=False),
        sa.Column("begun_how", sa.Text(), nullable=False),
        sa.Column("ended_how", sa.Text()),
        sa.Column("went", sa.Text(), nullable=False),
        sa.Column("came_at", _TIME),
        sa.PrimaryKeyConstraint("holding_id", name="figure_kept_pkey"),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name="figure_kept_area_id_fkey"),
    )
    op.create_index("figure_kept_area_id_ix", "figure_kept", ["area_id"])
    op.create_index("figure_kept_dispute_id_ix", "figure_kept", ["dispute_id"])


def _add_retention() -> None:
    op.create_table(
        "retention_setting",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("set_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("kind", name="retention_setting_pkey"),
        sa.CheckConstraint("months BETWEEN 1 AND 1200", name="months"),
    )
    op.create_table(
        "retention_run",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("began_at", _TIME, nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("ended_at", _TIME),
        sa.PrimaryKeyConstraint("kind", "day", name="retention_run_pkey"),
    )


def _consent_words() -> tuple[sa.CheckConstraint, ...]:
    return (
        sa.CheckConstraint(f"need IN ({_NEEDS})", name="need"),
        sa.CheckConstraint("given_by IN ('self','guardian','family')", name="given_by"),
        sa.CheckConstraint("how IN ('oral','written')", name="how"),
        sa.CheckConstraint("until >= given_on", name="span"),
    )


def _add_consents() -> None:
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
