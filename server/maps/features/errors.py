"""What can go wrong with features."""

from __future__ import annotations

from server.errors import Malformed, NotFound


class BadQuery(Malformed):
    """A parameter of the address that the standard wants answered with 400."""

    slug = "bad-query"
    text = "地址中的参数有误。 A parameter of the address is wrong; see /api/v1/ogc/api."


class FeatureNotFound(NotFound):
    """No such feature in the collection, or none that the asker may know of."""

    slug = "feature-not-found"
    text = "没有这个要素，或不在您的范围内。 No such feature, or none of yours."
