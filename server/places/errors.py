"""What can go wrong with areas and cells."""

from __future__ import annotations

from server.errors import NotFound


class AreaNotFound(NotFound):
    """No Area has this code now."""

    slug = "area-not-found"
    text = "没有这个行政区划代码。 No Area has this code; see GET /api/v1/places/areas."


class CellNotFound(NotFound):
    """No cell has this code now."""

    slug = "cell-not-found"
    text = "没有这个网格编码。 No cell has this code; see GET /api/v1/places/cells."
