"""What can go wrong when a person decides about a field in which two people met."""

from __future__ import annotations

from server.errors import Clash, NotFound


class ConflictNotFound(NotFound):
    """No such conflict, or its household is not in the asker's places."""

    slug = "conflict-not-found"
    text = "没有这条冲突，或不在您的辖区内。 No such conflict, or none of yours."


class NothingToDecide(Clash):
    """It was decided before, or it was logged only and settled itself by time."""

    slug = "nothing-to-decide"
    text = "此冲突已有定论，请刷新。 It is settled already; reload."


class ConflictStale(Clash):
    """The household changed since the asker looked: look again, then decide."""

    slug = "conflict-stale"
    text = "该户信息已变，请重新查看后再定。 The household changed since you looked: look again."
