"""The policy in force and the calendar: loading them, and handing them to the ladder."""

from server.policies.service.days import (
    Loaded,
    calendar,
    list_year,
    load_calendar,
    load_days,
    read_days,
    set_day,
)
from server.policies.service.proposing import (
    DayPreview,
    Preview,
    Promise,
    preview_day,
    preview_policy,
    propose,
)
from server.policies.service.upkeep import ensure_policy, has_day, look_ahead, unpublished
from server.policies.service.versions import (
    InForce,
    Revision,
    compare,
    current_policy,
    get_policy,
    get_version,
    latest,
    list_versions,
    load_policy,
    number_in_force,
    revise,
)

__all__ = [
    "DayPreview",
    "InForce",
    "Loaded",
    "Preview",
    "Promise",
    "Revision",
    "calendar",
    "compare",
    "current_policy",
    "ensure_policy",
    "get_policy",
    "get_version",
    "has_day",
    "latest",
    "list_versions",
    "list_year",
    "load_calendar",
    "load_days",
    "load_policy",
    "look_ahead",
    "number_in_force",
    "preview_day",
    "preview_policy",
    "propose",
    "read_days",
    "revise",
    "set_day",
    "unpublished",
]
