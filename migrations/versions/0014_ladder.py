"""The whole ladder: hand-downs, objections, requests, supervision; claims and agreements."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_OLD_STATES = [
    *("registered", "accepted", "in_mediation", "settled", "closed"),
    *("unsettled", "referred", "withdrawn", "refused"),
]
_STATES = [*_OLD_STATES, "joined"]
_NO = sa.text("false")

# Empty, or with a constant default: no row is rewritten.
COLUMNS: dict[str, dict[str, tuple[Any, Any]]] = {
    "dispute": {
        "relation": (sa.Text(), None),
        "again": (sa.Integer(), sa.text("0")),
        "people_concerned": (sa.Integer(), None),
        "spot": (sa.LargeBinary(), None),
        "disposition": (sa.Text(), None),
        "follow_up_until": (_TIME, None),
        "alerted_at": (_TIME, None),
    },
    "holding": {
        "extension_answer_by": (_TIME, None),
        "extension_declined": (sa.Boolean(), _NO),
        "begun_how": (sa.Text(), sa.text("'register'")),
        "sent_by": (sa.Uuid(), None),
        "objection_by": (_TIME, None),
        "objected_at": (_TIME, None),
        "objection_decided_at": (_TIME, None),
        "request_party_id": (sa.Uuid(), None),
        "request_at": (_TIME, None),
        "request_answer_by": (_TIME, None),
        "request_answered_at": (_TIME, None),
        "warned_at": (_TIME, None),
    },
    "dispute_event": {
        "party_id": (sa.Uuid(), None),
        "details": (postgresql.JSONB(), None),
    },
}
CHECKS = {
    ("dispute", "relation"): "relation IN ('same','follows_from')",
    ("dispute", "people_concerned"): "people_concerned BETWEEN 1 AND 1000000",
    ("holding", "request"): "(request_at IS NULL) = (request_answer_by IS NULL)",
}
TABLES = ("supervision", "joint_office", "term", "agreement", "claim")


def upgrade() -> None:
    for table, columns in COLUMNS.items():
        for name, (kind, default) in columns.items():
            op.add_column(
                table, sa.Column(name, kind, server_default=default, nullable=default is None)
            )
    for (table, name), rule in CHECKS.items():
        _check(table, f"{table}_{name}_check", rule)
    for table, column in (("dispute", "status"), ("dispute_event", "to_status")):
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {_given(table, column)}")
        _check(table, f"{table}_{column}_check", _one_of(column, _STATES))
    op.create_foreign_key(
        "holding_sent_by_fkey", "holding", "office", ["sent_by"], ["id"], postgresql_not_valid=True
    )
    op.execute("ALTER TABLE holding VALIDATE CONSTRAINT holding_sent_by_fkey")
    op.create_index(
        "dispute_related_id_ix",
        "dispute",
        ["related_id"],
        postgresql_where=sa.text("related_id IS NOT NULL"),
    )
    op.create_index(
        "dispute_follow_up_ix",
        "dispute",
        ["follow_up_until", "id"],
        postgresql_where=sa.text("status = 'settled'"),
    )
    op.create_index(
        "holding_unwarned_ix",
        "holding",
        ["due_at", "id"],
        postgresql_where=sa.text("ended_at IS NULL AND overdue_at IS NULL AND warned_at IS NULL"),
    )
    op.drop_constraint("holding_climbed_from_key", "holding", type_="unique")
    op.create_index(
        "holding_climbed_from_key",
        "holding",
        ["climbed_from"],
        unique=True,
        postgresql_where=sa.text("ended_how IS DISTINCT FROM 'withdrawn_climb'"),
    )
    # How a Holding began, where it was not by registering.
    op.execute("""
        UPDATE holding h SET begun_how = coalesce(
                   (SELECT below.ended_how FROM holding below WHERE below.id = h.climbed_from),
                   'reopen')
         WHERE h.n > 1
    """)
    _tables()
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    # A withdrawn climb has no place in the old key, nor a merged case among the old states.
    op.execute("UPDATE holding SET climbed_from = NULL WHERE ended_how = 'withdrawn_climb'")
    op.execute("UPDATE dispute SET status = 'withdrawn' WHERE status = 'joined'")
    op.execute("UPDATE dispute_event SET to_status = 'withdrawn' WHERE to_status = 'joined'")
    op.drop_index("holding_climbed_from_key", "holding")
    op.create_unique_constraint("holding_climbed_from_key", "holding", ["climbed_from"])
    op.drop_index("holding_unwarned_ix", "holding")
    op.drop_index("dispute_follow_up_ix", "dispute")
    op.drop_index("dispute_related_id_ix", "dispute")
    for table, column in (("dispute", "status"), ("dispute_event", "to_status")):
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_{column}_check")
        _check(table, _given(table, column), _one_of(column, _OLD_STATES))
    for table, columns in COLUMNS.items():
        for name in columns:
            op.drop_column(table, name)


def _check(table: str, name: str, rule: str) -> None:
    """Checked apart from being added, so that nobody waits while every row is read."""
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({rule}) NOT VALID")
    op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")


def _given(table: str, column: str) -> str:
    """As 0004 came to call it: the naming convention wrapped a name that was whole already."""
    return f"{table}_{table}_{column}_check_check"


def _one_of(column: str, slugs: list[str]) -> str:
    return f"{column} IN ({','.join(repr(slug) for slug in slugs)})"


def _tables() -> None:
    op.create_table(
        "claim",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dispute_id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("party_id", sa.Uuid()),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("outcome", sa.Text()),
        sa.Column("outcome_event_id", sa.Uuid()),
        sa.CheckConstraint(
            _one_of("outcome", ["solved", "explained", "helped", "by_law"]),
            name="outcome",
        ),
        *_keys("claim", dispute_id="dispute", party_id="party"),
        sa.UniqueConstraint("dispute_id", "n", name="claim_dispute_id_n_key"),
    )
    op.create_table(
        "agreement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dispute_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("confirm_by", sa.Date()),
        sa.Column("confirmed_at", _TIME),
        sa.Column("reminded_at", _TIME),
        sa.CheckConstraint(_one_of("form", ["oral", "written"]), name="form"),
        *_keys("agreement", dispute_id="dispute", event_id="dispute_event"),
        sa.UniqueConstraint("event_id", name="agreement_event_id_key"),
    )
    op.create_table(
        "term",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dispute_id", sa.Uuid(), nullable=False),
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("party_id", sa.Uuid()),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("due_on", sa.Date()),
        sa.Column("done_at", _TIME),
        sa.Column("done_event_id", sa.Uuid()),
        sa.Column("reminded_at", _TIME),
        sa.Column("overdue_told_at", _TIME),
        *_keys("term", dispute_id="dispute", agreement_id="agreement", party_id="party"),
        sa.UniqueConstraint("dispute_id", "n", name="term_dispute_id_n_key"),
    )
    op.create_table(
        "joint_office",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("dispute_id", sa.Uuid(), nullable=False),
        sa.Column("office_id", sa.Uuid(), nullable=False),
        sa.Column("since", _TIME, nullable=False),
        sa.Column("ended_at", _TIME),
        sa.Column("ended_event_id", sa.Uuid()),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_event_id IS NULL)", name="ended"),
        *_keys(
            "joint_office",
            key="event_id",
            event_id="dispute_event",
            dispute_id="dispute",
            office_id="office",
        ),
    )
    op.create_table(
        "supervision",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("dispute_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("office_id", sa.Uuid()),
        sa.Column("since", _TIME, nullable=False),
        sa.Column("until", sa.Date()),
        sa.Column("lifted_at", _TIME),
        sa.Column("lifted_event_id", sa.Uuid()),
        sa.CheckConstraint(
            _one_of("kind", ["tracked", "listed", "time_limited", "dynamic"]),
            name="kind",
        ),
        sa.CheckConstraint("(lifted_at IS NULL) = (lifted_event_id IS NULL)", name="lifted"),
        *_keys(
            "supervision",
            key="event_id",
            event_id="dispute_event",
            dispute_id="dispute",
            office_id="office",
        ),
    )
    for name, table, columns, where, unique in (
        ("claim_party_id_ix", "claim", ["party_id"], None, False),
        ("agreement_dispute_id_ix", "agreement", ["dispute_id"], None, False),
        (
            "agreement_confirm_ix",
            "agreement",
            ["confirm_by"],
            "confirmed_at IS NULL AND reminded_at IS NULL",
            False,
        ),
        ("term_agreement_id_ix", "term", ["agreement_id"], None, False),
        ("term_party_id_ix", "term", ["party_id"], None, False),
        ("term_due_ix", "term", ["due_on"], "done_at IS NULL", False),
        ("joint_office_dispute_id_ix", "joint_office", ["dispute_id"], None, False),
        ("joint_office_office_id_ix", "joint_office", ["office_id"], None, False),
        (
            "joint_office_present_ix",
            "joint_office",
            ["dispute_id", "office_id"],
            "ended_at IS NULL",
            True,
        ),
        ("supervision_dispute_id_ix", "supervision", ["dispute_id"], None, False),
        ("supervision_present_ix", "supervision", ["dispute_id"], "lifted_at IS NULL", False),
    ):
        op.create_index(
            name,
            table,
            columns,
            unique=unique,
            postgresql_where=sa.text(where) if where else None,
        )


def _keys(table: str, key: str = "id", **named: str) -> Iterator[sa.schema.Constraint]:
    yield sa.PrimaryKeyConstraint(key, name=f"{table}_pkey")
    for column, other in named.items():
        yield sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"{table}_{column}_fkey")
