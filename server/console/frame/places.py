"""Where one can go: the bar at the top, by what the permission table lets the asker do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flask import request
from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString

from server.access.door import Asker
from server.access.permissions import scope_of


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the bar: where it leads, and the action that opens it."""

    path: str
    name: LazyString
    action: str
    outdoors: bool = False  # not for those who have a desk

    @property
    def here(self) -> bool:
        """Whether the page that is shown belongs to it."""
        return request.path == self.path or request.path.startswith(f"{self.path}/")


PLACES: Final = (
    Place("/work/", _("记走访"), "visit.record", outdoors=True),
    Place("/day", _("今日"), "dispute.act"),
    Place("/map", _("地图"), "sync.supervise"),
    Place("/disputes", _("纠纷"), "dispute.act"),
    Place("/flow", _("卡在哪里"), "figures.read"),
    Place("/rules", _("规则与日历"), "policy.read"),
    Place("/account", _("我的账户"), "session.read"),
)


def places_of(asker: Asker | None) -> Sequence[Place]:
    """The entries for somebody who has signed in."""
    if asker is None:
        return ()
    desk = scope_of("dispute.act", asker.roles)
    open_to = [place for place in PLACES if scope_of(place.action, asker.roles)]
    return [place for place in open_to if not (place.outdoors and desk)]
