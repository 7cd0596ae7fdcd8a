"""Visits and receipts arrive by the score: what they name is looked up once a statement."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# (table, column, what it names): users, devices and cells, which nobody deletes.
NAMED = (
    ("visit", "cell_id", "grid_cell"),
    ("visit", "device_id", "device"),
    ("visit", "done_by", "user_account"),
    ("visit", "recorded_by", "user_account"),
    ("sync_receipt", "device_id", "device"),
)


def upgrade() -> None:
    for table, column, _ in NAMED:
        op.drop_constraint(f"{table}_{column}_fkey", table, type_="foreignkey")


def downgrade() -> None:
    for table, column, named in NAMED:
        name = f"{table}_{column}_fkey"
        # Checked apart, so that nobody waits while every row is read.
        op.create_foreign_key(name, table, named, [column], ["id"], postgresql_not_valid=True)
        op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")
