"""What can go wrong with a package of what is kept about somebody."""

from __future__ import annotations

from server.errors import NotFound


class SubjectNotFound(NotFound):
    """Nothing is kept about this person, or nothing that the asker may know of."""

    slug = "subject-not-found"
    text = "没有查到此人的信息。 Nothing is kept about this person."
