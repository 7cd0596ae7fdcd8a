"""What can go wrong with links between households."""

from __future__ import annotations

from server.errors import Clash, Invalid, NotFound


class LinkNotFound(NotFound):
    """No such link, or one of which the asker does not see enough."""

    slug = "link-not-found"
    text = "没有这条关联，或不在您的网格内。 No such link, or none of yours."


class HouseholdEnded(Clash):
    """An ended household is not split, merged, moved or ended once more."""

    slug = "household-ended"
    text = "该户已注销，请先核对。 This household has ended already: check which one you mean."


class LinkExists(Clash):
    """The same two households are linked in this way already."""

    slug = "link-exists"
    text = "这两户已有此关联。 These two households are linked in this way already."


class BadLink(Invalid):
    """A link that cannot be."""

    slug = "bad-link"
    text = "关联信息有误，请按提示修改。 Something about the link is wrong; see the details."
