"""Retention: rules, erasures of cases and parties."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

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
)


def upgrade() -> None:
    _widen_erasures()
    _let_texts_go()
    _add_mentions()
    _keep_figures()
    _add_retention()
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    _keep_texts_again()
    # What this revision cannot name stays in the register outside the database.
    _delete("erasure", "entity NOT IN ('household','visit')")
    _replace_check("erasure", "entity", "entity IN ('household','visit')")


def _replace_check(table: str, name: str, condition: str, how: str = "") -> None:
    """By SQL: older revisions put the table's name before the check's once more."""
    for old in (f"{table}_{name}_check", f"{table}_{table}_{name}_check_check"):
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {old}")
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {table}_{name}_check CHECK ({condition}) {how}")


def _delete(table: str, condition: str) -> None:
    """Row security is forced upon the owner, too: without this it sees no row to delete."""
    op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(f"DELETE FROM {table} WHERE {condition}")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


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
        _delete(table, "content IS NULL")
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
