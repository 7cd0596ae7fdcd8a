"""The resident: codes of parties, ratings, letters taken, and how often an address knocks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
TABLES = ("resident_knock", "resident_receipt", "rating", "party_code")


def upgrade() -> None:
    op.create_table(
        "party_code",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("made_by", sa.Uuid()),
        sa.Column("ended_at", _TIME),
        sa.PrimaryKeyConstraint("digest", name="party_code_pkey"),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="party_code_party_id_fkey"),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name="party_code_made_by_fkey"),
    )
    op.create_index("party_code_party_id_ix", "party_code", ["party_id"])
    op.create_index(
        "party_code_present_ix",
        "party_code",
        ["party_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "rating",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("dispute_id", sa.Uuid(), nullable=False),
        sa.Column("holding_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("rating", sa.Text(), nullable=False),
        sa.Column("comment", sa.LargeBinary()),
        sa.Column("at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="rating_pkey"),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="rating_party_id_fkey"),
        sa.ForeignKeyConstraint(["dispute_id"], ["dispute.id"], name="rating_dispute_id_fkey"),
        sa.ForeignKeyConstraint(["holding_id"], ["holding.id"], name="rating_holding_id_fkey"),
        sa.CheckConstraint("rating IN ('satisfied','fair','dissatisfied')", name="rating"),
        sa.CheckConstraint("level IN ('village','township','county')", name="level"),
    )
    op.create_index("rating_party_id_holding_id_ix", "rating", ["party_id", "holding_id", "at"])
    op.create_index("rating_dispute_id_ix", "rating", ["dispute_id"])
    op.create_index("rating_holding_id_ix", "rating", ["holding_id"])
    op.create_table(
        "resident_receipt",
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("letter_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("party_id", "letter_id", name="resident_receipt_pkey"),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="resident_receipt_party_id_fkey"),
    )
    op.create_table(
        "resident_knock",
        sa.Column("source", sa.LargeBinary(), nullable=False),
        sa.Column("remaining", sa.Double(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("source", name="resident_knock_pkey"),
    )
    op.create_index("resident_knock_at_ix", "resident_knock", ["at"])
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
