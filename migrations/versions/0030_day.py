"""Late records are found by when they came: two small indexes of nothing else.

A day's page asks what came since yesterday long after it was written. Of the visits and events of
many years that is a few: indexes of those alone cost a write nothing, and to build one is to read
the table once (300,000 visits: a fifth of a second), without a lock that readers wait for.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

# (table, how long after it was written a record is late)
LATE = (("visit", "1 day"), ("dispute_event", "1 hour"))


def upgrade() -> None:
    for table, span in LATE:
        late = sa.text(f"received_at - recorded_at > interval '{span}'")
        op.create_index(f"{table}_late_ix", table, ["received_at"], postgresql_where=late)


def downgrade() -> None:
    for table, _span in LATE:
        op.drop_index(f"{table}_late_ix", table)
