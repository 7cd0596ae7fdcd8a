"""What can be wrong with what is asked of tiles; a tile that cannot be is geo's InvalidTile."""

from __future__ import annotations

from server.errors import Invalid, NotFound


class TileTooFine(Invalid):
    """A zoom beyond the squares that households are kept by."""

    slug = "tile-too-fine"
    text = "地图最多到 20 级，请由客户端放大。 Tiles go to zoom 20; let the client enlarge them."


class BadPeriod(Invalid):
    """A period that ends before it begins, or is too long to draw."""

    slug = "bad-period"
    text = (
        "时段有误：起止日期须成对，起不晚于止，最长 400 天。 "
        "Give both `from` and `to`, in this order, at most 400 days apart."
    )


class LayerNotFound(NotFound):
    """No such layer."""

    slug = "no-such-layer"
    text = (
        "没有这个图层，可用：areas、cells、households、disputes。 "
        "No such layer; there are areas, cells, households and disputes."
    )
