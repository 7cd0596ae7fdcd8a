"""What the pages call the numbers of a policy, and why one may not be as it was typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString

from server.console.frame.language import in_language
from server.console.frame.look import sentence
from server.ladder.calendar import Limit, Unit
from server.ladder.clocks import Limits
from server.ladder.policy import Granter
from server.ladder.routing import OfficeKind

SPANS: Final[Mapping[str, tuple[LazyString, LazyString]]] = {
    "warning_working_days": (_("到期提醒"), _("到期前几个工作日提醒")),
    "follow_up_days": (_("回访期"), _("化解后几天，期满自动结案")),
    "extension_max_days": (_("延期上限"), _("每级一次，最多几天")),
    "extension_answer_working_days": (_("答复延期申请"), _("几个工作日内，不答复即为不批")),
    "objection_working_days": (_("异议期"), _("收到退回、交办后几个工作日内")),
    "party_answer_working_days": (_("答复当事人期限"), _("几个工作日内，不答复即上报")),
    "confirmation_days": (_("申请司法确认"), _("协议生效后几天内")),
    "confirmation_reminder_days": (_("司法确认提醒"), _("期满前几天")),
    "term_reminder_days": (_("履行提醒"), _("协议条款到期前几天")),
    "silent_phone_days": (_("手机锁定"), _("几天未联系即锁定数据")),
}
NOT_A_DAY: Final = _("请填写日期，如 2026-03-05。")
NO_NUMBER: Final = _("请填整数天数：至少 1 天；连同延期不超过 700 天。")
NO_REASON: Final = _("请写明理由（500 字以内）。")
GRANTERS: Final = {Granter.UPPER: _("上级单位"), Granter.LEADER: _("单位负责人")}
KINDS: Final = {
    OfficeKind.VILLAGE_COMMITTEE: _("村民委员会"),
    OfficeKind.MEDIATION_COMMITTEE: _("调解委员会"),
    OfficeKind.TOWNSHIP_CENTRE: _("乡镇综治中心"),
    OfficeKind.BUREAU: _("县级部门"),
}
UNITS: Final = {Unit.WORKING_DAYS: _("个工作日"), Unit.DAYS: _("天（自然日）")}


def limit_in_short(limit: Limit) -> str:
    """3 工作日 · 3 wd; 30 日 · 30 d."""
    working = limit.unit is Unit.WORKING_DAYS
    return in_language(
        f"{limit.n} {'工作日' if working else '日'}", f"{limit.n} {'wd' if working else 'd'}"
    )


def limit_in_full(limit: Limit) -> str:
    """3 个工作日 · 3 working days."""
    return f"{limit.n} {UNITS[limit.unit]}"


def limits_in_short(limits: Limits) -> str:
    """Both limits: to accept / to handle."""
    return f"{limit_in_short(limits.accept)} / {limit_in_short(limits.handle)}"


def fault(said: str) -> str:
    """The reader's half of what a policy's form says of a value."""
    return sentence(said) or said
