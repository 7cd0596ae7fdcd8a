"""What can go wrong with likely duplicates."""

from __future__ import annotations

from server.errors import Clash, Invalid, NotFound


class DuplicateNotFound(NotFound):
    """No such pair, or the asker does not see both of its households."""

    slug = "duplicate-not-found"
    text = "没有这对疑似重复户，或不在您的网格内。 No such pair of households, or none of yours."


class AlreadyDecided(Clash):
    """What was decided about a pair stays decided."""

    slug = "already-decided"
    text = "这一对已有结论，请刷新后查看。 This pair has been decided: reload to see how."


class BadDecision(Invalid):
    """`keep` must be one of the two."""

    slug = "bad-decision"
    text = "保留的户须是这两户之一。 The household to keep must be one of the two."
