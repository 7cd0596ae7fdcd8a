"""What can go wrong with visits."""

from __future__ import annotations

from server.errors import Clash, Invalid, NotFound, NotYours


class VisitNotFound(NotFound):
    """No such visit, or none that the asker may know of."""

    slug = "visit-not-found"
    text = "没有这条走访记录，或不在您的网格内。 No such visit, or none of yours."


class VisitExists(Clash):
    """A visit with this id exists already, here or out of the asker's sight."""

    slug = "visit-exists"
    text = "此走访编号已存在。 A visit with this id exists; make a new id for another visit."


class NotServed(NotYours):
    """The author did not serve the household when the visit was recorded (or it does not exist)."""

    slug = "not-served"
    text = "记录走访时，该户不在您的服务范围内。 You did not serve this household at that time."


class BadVisit(Invalid):
    """A field of a visit has a value that it cannot have."""

    slug = "bad-visit"
    text = "走访记录有误，请按提示修改。 A field of the visit is wrong; see the details."
