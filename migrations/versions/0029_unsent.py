"""Unsent: what a phone last said that it still holds, and when it said so."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_COLUMNS = {
    "unsent_changes": sa.Integer(),
    "unsent_rejected": sa.Integer(),
    "unsent_files": sa.Integer(),
    "unsent_oldest_at": sa.DateTime(timezone=True),
    "unsent_at": sa.DateTime(timezone=True),
    "unsent_boot": sa.Text(),
    "unsent_elapsed": sa.BigInteger(),
}


def upgrade() -> None:
    # Without defaults: nothing is known of a phone that has not told, and no row is rewritten.
    for name, kind in _COLUMNS.items():
        op.add_column("device", sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    for name in reversed(_COLUMNS):
        op.drop_column("device", name)
