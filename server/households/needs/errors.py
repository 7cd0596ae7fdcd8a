"""What can go wrong with service needs and the consents that they stand on."""

from __future__ import annotations

from server.errors import Clash, Invalid, NotFound, NotYours


class NeedNotFound(NotFound):
    """No such tag, or none that the asker may know of."""

    slug = "need-not-found"
    text = "没有这条服务需求，或不在您的网格内。 No such service need, or none of yours."


class NeedExists(Clash):
    """A consent with this id exists already, here or out of the asker's sight."""

    slug = "need-exists"
    text = "此同意编号已存在。 A consent with this id exists; make a new id for another one."


class NeedNotServed(NotYours):
    """The author did not serve the household then (or it does not exist)."""

    slug = "need-not-served"
    text = "记录时该户不在您的服务范围内。 You did not serve this household at that time."


class BadConsent(Invalid):
    """A tag without a whole consent, or with one that cannot be."""

    slug = "bad-consent"
    text = (
        "服务需求须有本人同意：由谁、何时、如何同意、到何时为止。 "
        "A service need stands on a consent: by whom, when, how, and until when."
    )
