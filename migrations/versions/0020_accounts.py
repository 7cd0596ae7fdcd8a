"""Accounts: invitations, and why a device was revoked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("device", sa.Column("revoked_by", sa.Uuid(), nullable=True))
    op.add_column("device", sa.Column("revoked_why", sa.Text(), nullable=True))
    # A device is one row a phone: checking it takes no time worth a second step.
    op.create_foreign_key(
        "device_revoked_by_fkey", "device", "user_account", ["revoked_by"], ["id"]
    )
    op.create_table(
        "invitation",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("used_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name="invitation_made_by_fkey"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="invitation_user_id_fkey"),
        sa.PrimaryKeyConstraint("user_id", name="invitation_pkey"),
        sa.UniqueConstraint("digest", name="invitation_digest_key"),
    )
    op.execute("ALTER TABLE invitation ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE invitation FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    op.drop_table("invitation")
    op.drop_column("device", "revoked_why")
    op.drop_column("device", "revoked_by")
