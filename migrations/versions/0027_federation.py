"""Federation: who is who at the county's identity provider, and sessions that came of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A constant default: no row of `login` is written anew."""
    op.create_table(
        "external_login",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("issuer", "subject", name="external_login_pkey"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name="external_login_user_id_fkey"
        ),
    )
    op.create_index("external_login_user_id_ix", "external_login", ["user_id"])
    op.execute("ALTER TABLE external_login ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE external_login FORCE ROW LEVEL SECURITY")
    op.add_column(
        "login",
        sa.Column("factor_elsewhere", sa.Boolean(), server_default="false", nullable=False),
    )


def downgrade() -> None:
    op.drop_column("login", "factor_elsewhere")
    op.drop_table("external_login")
