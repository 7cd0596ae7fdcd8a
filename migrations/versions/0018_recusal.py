"""Recusal: who neither sees nor acts, and whose phones hear of a case in place of all."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_STANDS = sa.text("ended_at IS NULL")
TABLES = ("dispute_hearer", "recusal")


def upgrade() -> None:
    op.add_column("user_account", sa.Column("household_id", sa.Uuid()))
    op.add_column("user_account", sa.Column("telephone_index", sa.LargeBinary()))
    op.create_foreign_key(
        "user_account_household_id_fkey",
        "user_account",
        "household",
        ["household_id"],
        ["id"],
        ondelete="SET NULL",
        postgresql_not_valid=True,  # every value of a new column is empty
    )
    op.execute("ALTER TABLE user_account VALIDATE CONSTRAINT user_account_household_id_fkey")
    op.create_index("user_account_household_id_ix", "user_account", ["household_id"])
    op.create_index("user_account_telephone_index_ix", "user_account", ["telephone_index"])
    op.create_table(
        "recusal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dispute_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid()),
        sa.Column("office_id", sa.Uuid()),
        sa.Column("found_by", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Uuid()),
        sa.Column("since", _TIME, nullable=False),
        sa.Column("ended_at", _TIME),
        sa.CheckConstraint("num_nonnulls(user_id, office_id) = 1", name="whom"),
        sa.CheckConstraint(
            "found_by IN ('account','household','telephone','declared','asked')", name="found_by"
        ),
        sa.PrimaryKeyConstraint("id", name="recusal_pkey"),
        sa.ForeignKeyConstraint(["dispute_id"], ["dispute.id"], name="recusal_dispute_id_fkey"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="recusal_user_id_fkey"),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name="recusal_office_id_fkey"),
        sa.ForeignKeyConstraint(["event_id"], ["dispute_event.id"], name="recusal_event_id_fkey"),
    )
    for name, columns, unique, where in (
        ("recusal_dispute_id_ix", ["dispute_id"], False, None),
        ("recusal_person_ix", ["user_id", "dispute_id"], True, _STANDS),
        ("recusal_office_ix", ["office_id", "dispute_id"], True, _STANDS),
        ("recusal_event_id_ix", ["event_id"], False, None),
    ):
        op.create_index(name, "recusal", columns, unique=unique, postgresql_where=where)
    op.create_table(
        "dispute_hearer",
        sa.Column("dispute_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("dispute_id", "user_id", name="dispute_hearer_pkey"),
        sa.ForeignKeyConstraint(
            ["dispute_id"], ["dispute.id"], name="dispute_hearer_dispute_id_fkey"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name="dispute_hearer_user_id_fkey"
        ),
    )
    op.create_index("dispute_hearer_user_id_ix", "dispute_hearer", ["user_id"])
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    """Cases apart stay in the buckets of their hearers: the recusals are not known any more."""
    for table in TABLES:
        op.drop_table(table)
    op.drop_column("user_account", "telephone_index")
    op.drop_column("user_account", "household_id")
