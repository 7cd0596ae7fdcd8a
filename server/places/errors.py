"""What can go wrong with areas and cells."""

from __future__ import annotations

from server.errors import Clash, NotFound


class AreaNotFound(NotFound):
    """No Area has or had this code."""

    slug = "area-not-found"
    text = "没有这个行政区划代码。 No Area has this code; see GET /api/v1/places/areas."


class CellNotFound(NotFound):
    """No present cell has or had this code."""

    slug = "cell-not-found"
    text = "没有这个网格编码。 No cell has this code; see GET /api/v1/places/cells."


class CodeNotFound(NotFound):
    """Nothing has or ever had this code."""

    slug = "code-not-found"
    text = "此代码现在和过去都没有使用过。 Nothing has this code, and nothing ever had it."


class BoundaryNotFound(NotFound):
    """The place is known and was not drawn, or not yet on that day."""

    slug = "boundary-not-found"
    text = "该区划或网格当日没有边界。 This place had no boundary on that day."


class SeveralSuccessors(Clash):
    """An old code whose Area became several: which one is meant, a person must say."""

    slug = "several-successors"
    text = "该区划已分为几个，请改用其中之一。 This Area became several; use one of their codes."


class CodeIsOld(Clash):
    """A list brings a code back that its Area no longer has: it is older than the county."""

    slug = "code-is-old"
    text = "名单中的代码已经变更，请用新名单。 A code of the list is an old one; use a newer list."
