"""What the tables of disputes share."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import CheckConstraint


def one_of(column: str, slugs: Iterable[str]) -> CheckConstraint:
    """The column holds one of these words."""
    listed = ",".join(f"'{slug}'" for slug in slugs)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def between_1970_and_3000() -> CheckConstraint:
    """PostgreSQL keeps times that Python cannot read back."""
    good = "occurred_at >= '1970-01-01 00:00:00+00' AND occurred_at < '3000-01-01 00:00:00+00'"
    return CheckConstraint(good, name="occurred_at")
