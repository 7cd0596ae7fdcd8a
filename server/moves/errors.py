"""What can go wrong with moves. Nothing was changed then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geo.partition import Findings
from server.errors import Clash, Invalid, NotYours, halves, in_both


class BadPlan(Invalid):
    """A plan that cannot be read, or names what does not exist or does not fit."""

    slug = "bad-plan"
    text = "方案有误，请按提示修改。 The plan is wrong; see the details."


class NotInCharge(NotYours):
    """The plan touches places that the asker does not answer for."""

    slug = "not-in-charge"
    text = "方案涉及您管辖以外的地方，请报县级。 It reaches beyond your charge; ask the county."


class WorldChanged(Clash):
    """Since the preview something that it looked at has changed."""

    slug = "world-changed"
    text = "预览之后情况已变，请重新预览。 Things changed since the preview; preview it again."


class CellsDoNotTile(Invalid):
    """The cells as drawn overlap, leave gaps or reach beyond their village; `findings`: where."""

    slug = "cells-do-not-tile"
    text = "网格有重叠、空隙或越界，请改图。 Cells overlap, leave gaps or reach out; mend them."

    def __init__(self, findings: Findings) -> None:
        worst = findings.found[0]
        n, cells = len(findings.found), ", ".join(worst.cells)
        zh, en = halves(worst.as_geojson()["properties"]["message"])
        said = f"共 {n} 处，如 {cells}：{zh}", f"Places: {n}, such as {cells}: {en}"
        super().__init__(in_both(self.text, *said))
        self.findings = findings

    @property
    def members(self) -> Mapping[str, Any]:
        """What the problem says beside its text: GeoJSON for a map."""
        return {"findings": self.findings.as_geojson()}
