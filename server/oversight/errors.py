"""What can go wrong with reading the audit."""

from __future__ import annotations

from server.errors import Invalid


class BadAuditSpan(Invalid):
    """A span of time that ends before it begins, or is too long to be read at once."""

    slug = "bad-audit-span"
    text = (
        "时间范围有误：至多 92 天，且先后有序。 "
        "A span of time of at most 92 days, that ends after it begins."
    )
