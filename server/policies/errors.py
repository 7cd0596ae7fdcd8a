"""What can be missing before the ladder can count days, and what is wrong with what is loaded."""

from __future__ import annotations

from server.errors import Clash, Invalid, NotFound


class NoPolicy(Clash):
    """No version of the policy is in force at this time."""

    slug = "no-policy"
    text = "尚无生效的办理期限政策。 No policy is in force: `wangge migrate` loads a first one."


class CalendarMissing(Clash):
    """A deadline falls on a day that the calendar does not hold."""

    slug = "calendar-missing"
    text = (
        "工作日历不全，请先补全该年日历。 The calendar lacks days: `wangge calendar load` fills it."
    )


class PolicyNotFound(NotFound):
    """There is no version of this number."""

    slug = "policy-not-found"
    text = "没有这一版政策。 There is no such version of the policy."


class BadPolicyFile(Invalid):
    """A file that is no YAML mapping, or a policy with faults; each is named by its path."""

    slug = "bad-policy-file"
    text = "政策文件有误，请逐项改正。 The policy file is not right; correct each point."


class PolicyBackdated(Clash):
    """A version that would have been valid before today, and nobody said why."""

    slug = "policy-backdated"
    text = (
        "生效日期早于今天；确需追溯时写明理由。已在办的案件不受影响。"
        " The policy is valid from before today: say why. Running cases keep theirs either way."
    )


class PolicyOutlived(Clash):
    """A version that would never be in force: another, valid from a later day, is already."""

    slug = "policy-outlived"
    text = (
        "更晚生效的政策已在执行，此版不会生效；请改生效日期。"
        " A policy valid from a later day is in force already: this one never would be. Change"
        " valid_from."
    )


class PolicyMoved(Clash):
    """Another version was put into force since this one was written."""

    slug = "policy-moved"
    text = (
        "填写期间政策又有了新版，未保存；请对照新版核对后再提交。"
        " A newer version was added meanwhile; nothing was saved. Compare, then send again."
    )


class PolicyLabelTaken(Clash):
    """Another policy was loaded under the same name: people could not tell the two apart."""

    slug = "policy-label-taken"
    text = (
        "这一版本名称已被另一政策使用，请另取名称。"
        " This version name belongs to another policy; choose a new one."
    )


class BadCalendarFile(Invalid):
    """A list of days that cannot be the published one; lines are named."""

    slug = "bad-calendar-file"
    text = "日历文件有误，请按行改正。 The calendar file is not right; see the lines."
