"""The audit: what waits to be sealed, the chain of seals, its heads, its cuts, its settings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

TABLES = ("audit_unsealed", "audit_seal", "audit_head", "audit_cut", "audit_setting")


def upgrade() -> None:
    op.create_table(
        "audit_unsealed",
        sa.Column("act_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("act_id", name="audit_unsealed_pkey"),
    )
    op.create_table(
        "audit_seal",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("act_id", sa.BigInteger(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("number > 0 AND length(hash) = 32", name="audit_seal_form_check"),
        sa.PrimaryKeyConstraint("number", name="audit_seal_pkey"),
        sa.UniqueConstraint("act_id", name="audit_seal_act_id_key"),
    )
    op.create_table(
        "audit_head",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("at", "number", name="audit_head_pkey"),
    )
    op.create_table(
        "audit_cut",
        sa.Column("to_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("from_number", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("newest_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("to_number >= from_number", name="audit_cut_span_check"),
        sa.CheckConstraint("newest_at <= at - interval '6 months'", name="audit_cut_kept_check"),
        sa.PrimaryKeyConstraint("to_number", name="audit_cut_pkey"),
    )
    op.create_table(
        "audit_setting",
        sa.Column("one", sa.Boolean(), server_default="true", nullable=False),
        sa.Column(
            "installation", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False
        ),
        sa.Column("months", sa.Integer(), server_default="6", nullable=False),
        sa.Column("heads_to", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("one", name="audit_setting_one_check"),
        sa.CheckConstraint("months BETWEEN 6 AND 120", name="audit_setting_months_check"),
        sa.PrimaryKeyConstraint("one", name="audit_setting_pkey"),
    )
    # Before row security is forced: the owner, too, is subject to it then.
    op.execute("INSERT INTO audit_setting DEFAULT VALUES")
    op.execute("ALTER TABLE audit_act NO FORCE ROW LEVEL SECURITY")
    op.execute("INSERT INTO audit_unsealed SELECT id FROM audit_act")
    op.execute("ALTER TABLE audit_act FORCE ROW LEVEL SECURITY")
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    # Acts are written in the order of their time, nearly: so little an index costs no act anything.
    op.create_index("audit_act_at_ix", "audit_act", ["at"], postgresql_using="brin")


def downgrade() -> None:
    op.drop_index("audit_act_at_ix", "audit_act")
    for table in reversed(TABLES):
        op.drop_table(table)
