"""What is owed to somebody outside: notices, webhooks, addresses of Offices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("dispute_id", sa.Uuid(), nullable=True),
        sa.Column("office_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.Column("once", sa.Text(), nullable=True),
        sa.Column("owed_at", TIME, nullable=False),
        sa.Column("fanned_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="notice_pkey"),
        sa.UniqueConstraint("once", name="notice_once_key"),
    )
    _index("notice_unfanned_ix", "notice", "id", where="fanned_at IS NULL")
    _index(
        "notice_fanned_at_ix",
        "notice",
        "fanned_at",
        where="fanned_at IS NOT NULL AND once IS NULL",
    )
    op.create_table(
        "notice_subscription",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=True),
        sa.Column("secrets", sa.LargeBinary(), nullable=True),
        sa.Column("old_until", TIME, nullable=True),
        sa.Column("kinds", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("area_id", sa.Uuid(), nullable=True),
        sa.Column("office_id", sa.Uuid(), nullable=True),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("stopped_at", TIME, nullable=True),
        sa.Column("removed_at", TIME, nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rests_until", TIME, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.CheckConstraint(
            "channel IN ('webhook','mail')", name="notice_subscription_channel_check"
        ),
        sa.CheckConstraint(
            "removed_at IS NULL OR NOT active", name="notice_subscription_removed_check"
        ),
        sa.CheckConstraint(
            "num_nonnulls(address, removed_at) = 1", name="notice_subscription_address_check"
        ),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name="notice_subscription_area_id_fkey"),
        sa.ForeignKeyConstraint(
            ["office_id"], ["office.id"], name="notice_subscription_office_id_fkey"
        ),
        sa.PrimaryKeyConstraint("id", name="notice_subscription_pkey"),
    )
    _index(
        "notice_subscription_name_key",
        "notice_subscription",
        "name",
        where="removed_at IS NULL",
        unique=True,
    )
    op.create_table(
        "notice_delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("next_at", TIME, nullable=False),
        sa.Column("lease", sa.Uuid(), nullable=True),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting','sent','dead','dropped')", name="notice_delivery_state_check"
        ),
        sa.CheckConstraint(
            "(state = 'waiting') = (ended_at IS NULL)", name="notice_delivery_ended_check"
        ),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notice.id"], name="notice_delivery_notice_id_fkey"
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["notice_subscription.id"],
            name="notice_delivery_subscription_id_fkey",
        ),
        sa.PrimaryKeyConstraint("id", name="notice_delivery_pkey"),
        sa.UniqueConstraint(
            "notice_id", "subscription_id", name="notice_delivery_notice_id_subscription_id_key"
        ),
    )
    _index(
        "notice_delivery_due_ix",
        "notice_delivery",
        "subscription_id",
        "next_at",
        where="state = 'waiting'",
    )
    _index("notice_delivery_state_ix", "notice_delivery", "state", "id")
    _index(
        "notice_delivery_ended_at_ix", "notice_delivery", "ended_at", where="ended_at IS NOT NULL"
    )
    for table in ("notice", "notice_subscription", "notice_delivery"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    for table in ("notice_delivery", "notice_subscription", "notice"):
        op.drop_table(table)


def _index(name: str, table: str, *columns: str, where: str = "", unique: bool = False) -> None:
    op.create_index(
        name,
        table,
        list(columns),
        unique=unique,
        postgresql_where=sa.text(where) if where else None,
    )
