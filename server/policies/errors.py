"""What can be missing before the ladder can count days."""

from __future__ import annotations

from server.errors import Clash


class NoPolicy(Clash):
    """No version of the policy is in force at this time."""

    slug = "no-policy"
    text = "尚无生效的办理期限政策。 No policy is in force: `wangge migrate` loads a first one."


class CalendarMissing(Clash):
    """A deadline falls on a day that the calendar does not hold."""

    slug = "calendar-missing"
    text = "工作日历不全，请先补全该年日历。 The calendar lacks days: `wangge migrate` fills it."
