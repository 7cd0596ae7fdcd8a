"""The demo's own policy: short limits, so that a month shows the whole ladder. No county's rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import MappingProxyType

from server.ladder.calendar import Limit, Unit
from server.ladder.clocks import Limits
from server.ladder.policy import DEFAULT, Policy
from server.ladder.routing import Level


def _days(accept: int, handle: int) -> Limits:
    return Limits(Limit(accept, Unit.DAYS), Limit(handle, Unit.DAYS))


POLICY: Policy = replace(
    DEFAULT,
    version="demo-1",
    valid_from=date(2020, 1, 1),
    document="示例政策（合成，限期从短） synthetic demo policy with short limits",
    levels=MappingProxyType(
        {
            Level.VILLAGE: _days(accept=3, handle=12),
            Level.TOWNSHIP: _days(accept=3, handle=12),
            Level.COUNTY: _days(accept=10, handle=60),
        }
    ),
    overrides=MappingProxyType({}),
    starts=MappingProxyType({}),
)
