"""What can go wrong when a list of households is loaded. Single rows are rejected, not raised."""

from __future__ import annotations

from server.errors import Clash, Invalid
from server.households.imports.rules import Loaded


class NoPlaces(Clash):
    """Households are placed in villages and cells; there are none yet."""

    slug = "no-places"
    text = (
        "尚无行政村，请先 wangge load areas 和 load cells。 "
        "There are no villages yet: run `wangge load areas` and `load cells` first."
    )


class NothingLoaded(Invalid):
    """Every row of the list was rejected."""

    slug = "nothing-loaded"
    text = "没有一行可以导入，原因见报告文件。 No row could be loaded; the report file says why."

    def __init__(self, loaded: Loaded) -> None:
        super().__init__(rejected=dict(loaded.rejected))
        self.loaded = loaded
