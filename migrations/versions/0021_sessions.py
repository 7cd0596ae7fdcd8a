"""Sessions: a second factor, and when somebody last proved who they are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Who is signed in stays so; before a sensitive act they prove themselves once more."""
    op.add_column("login", sa.Column("proved_at", _TIME))
    op.create_index("login_succeeded_by_ix", "login", ["succeeded_by"])
    op.create_table(
        "second_factor",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("secret", sa.LargeBinary()),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("confirmed_at", _TIME),
        sa.Column("last_step", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column(
            "recovery",
            postgresql.ARRAY(sa.LargeBinary()),
            server_default="{}",
            nullable=False,
        ),
        sa.Column("reset_at", _TIME),
        sa.PrimaryKeyConstraint("user_id", name="second_factor_pkey"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name="second_factor_user_id_fkey"
        ),
        sa.CheckConstraint("secret IS NOT NULL OR confirmed_at IS NULL", name="confirmed"),
    )
    op.execute("ALTER TABLE second_factor ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE second_factor FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    op.drop_table("second_factor")
    op.drop_index("login_succeeded_by_ix", "login")
    op.drop_column("login", "proved_at")
