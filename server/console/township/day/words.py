"""What things are called on this page, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask_babel import lazy_gettext as _
from flask_babel import ngettext
from flask_babel.speaklater import LazyString

from server.console.frame.language import in_language
from server.households.needs.words import GIVEN_BY, HOW, NEEDS
from server.households.rules import KINDS, STATES
from server.ladder.kinds import Event, State
from server.ladder.routing import Category, Level
from server.ladder.words import Word
from server.visits.rules import OUTCOMES, PURPOSES

ENTITIES: Final[Mapping[str, LazyString]] = {
    "visit": _("走访"),
    "household": _("户信息"),
    "service_need": _("服务需求"),
    "dispute": _("纠纷登记"),
    "dispute_event": _("纠纷办理"),
}
OPS: Final[Mapping[str, LazyString]] = {
    "create": _("新增"),
    "patch": _("修改"),
    "append": _("记录"),
}
FIELDS: Final[Mapping[str, LazyString]] = {
    "address": _("地址"),
    "agreement": _("协议"),
    "category": _("类别"),
    "cell_id": _("网格"),
    "channel": _("来源"),
    "companions": _("同行人数"),
    "dispute_id": _("哪件纠纷"),
    "done_by": _("实际办理人"),
    "event": _("办了什么"),
    "given_by": _("谁同意的"),
    "given_on": _("同意日期"),
    "giver": _("同意人"),
    "group_no": _("组"),
    "head_name": _("户主"),
    "household_id": _("哪一户"),
    "how": _("怎样同意的"),
    "kind": _("类别"),
    "location": _("位置"),
    "need": _("需求"),
    "note": _("备注"),
    "occurred_at": _("发生时间"),
    "outcome": _("结果"),
    "parties": _("当事人"),
    "people": _("人数"),
    "purpose": _("事由"),
    "spot": _("地点"),
    "state": _("状态"),
    "story": _("案情"),
    "supersedes_id": _("更正哪次走访"),
    "telephone": _("电话"),
    "until": _("到期日"),
    "village_id": _("村"),
    "why": _("理由"),
}
ACTS: Final[Mapping[str, LazyString]] = {
    "export.bulk": _("批量导出（不遮盖）"),
    "case.delete": _("删除案卷"),
    "audit.settings": _("更改审计设置"),
}
# What an approval is about: names of its parts, and of lists.
MATTERS: Final[Mapping[str, LazyString]] = {
    "export": _("名单"),
    "under": _("范围（编码）"),
    "since": _("从"),
    "until": _("到"),
    "dispute": _("案卷"),
    "list": _("清单（摘要）"),
    "cases": _("案卷数"),
    "months": _("保存月数"),
    "heads_to": _("链头抄送"),
    "households": _("户"),
    "visits": _("走访"),
    "disputes": _("纠纷"),
}
STANDS: Final[Mapping[str, LazyString]] = {
    "approved": _("已批准。"),
    "used": _("已批准，已使用。"),
    "refused": _("未批准。"),
    "withdrawn": _("申请人已撤回。"),
    "expired": _("过期，没有人决定。"),
    "lapsed": _("已批准，但过期没有使用。"),
}
MASKED: Final = "***"
_DATUMS: Final = {"wgs84": "WGS-84", "gcj02": "GCJ-02", "bd09": "BD-09", "cgcs2000": "CGCS2000"}


SAYS: Final = {
    "due": lambda n: ngettext("%(num)d 件今天到期或已逾期", "%(num)d 件今天到期或已逾期", n),
    "accept": lambda n: ngettext("%(num)d 件等受理", "%(num)d 件等受理", n),
    "request": lambda n: ngettext("%(num)d 位当事人等答复", "%(num)d 位当事人等答复", n),
    "extension": lambda n: ngettext("%(num)d 件延期等您批", "%(num)d 件延期等您批", n),
    "objection": lambda n: ngettext("%(num)d 件异议等您定", "%(num)d 件异议等您定", n),
    "late_record": lambda n: ngettext("%(num)d 件有迟到的记录", "%(num)d 件有迟到的记录", n),
    "withdrawn": lambda n: ngettext("%(num)d 件自动上报已撤销", "%(num)d 件自动上报已撤销", n),
    "conflicts": lambda n: ngettext("%(num)d 处两个值要您定", "%(num)d 处两个值要您定", n),
    "aside": lambda n: ngettext("%(num)d 条记录等您看", "%(num)d 条记录等您看", n),
    "approvals": lambda n: ngettext("%(num)d 项审批等您定", "%(num)d 项审批等您定", n),
    "phones": lambda n: ngettext("%(num)d 人的手机要问一问", "%(num)d 人的手机要问一问", n),
    "late_acts": lambda n: ngettext("%(num)d 条办理记录晚到", "%(num)d 条办理记录晚到", n),
    "late": lambda n: ngettext("%(num)d 条走访晚到", "%(num)d 条走访晚到", n),
    "unplaced": lambda n: ngettext("%(num)d 户没有落格", "%(num)d 户没有落格", n),
    "ending": lambda n: ngettext("%(num)d 项同意快到期", "%(num)d 项同意快到期", n),
}
HINTS: Final[Mapping[str, LazyString]] = {
    "due": _("今天 24:00 前没有办，就自动上报；县级的转为逾期督办。"),
    "accept": _("已到本单位，还没有受理。"),
    "request": _("当事人要求上一级办理。不答复，到期就上报。"),
    "extension": _("下级申请延期，由您批准或不批准。"),
    "objection": _("接收单位认为不该由它办。"),
    "late_record": _("在时限内写的记录，上报以后才收到。认可，案件就回到下级。"),
    "withdrawn": _("下级的记录在时限内写成，只是到得晚。案件已回到下级，您不用办。"),
    "conflicts": _("同一户的位置，手机和服务器上不一样。您定以前，保留现在的值。"),
    "aside": _("手机已上传，但没有采用。原文都在，您看了再定。"),
    "approvals": _("一个人不能单独办的事，要您作第二个人。"),
    "phones": _("一周没有消息，或有记录留在手机上传不上来。问一声就好。"),
    "late_acts": _("写好一小时以后才收到。时限按写下的时间算，不按收到的时间。"),
    "late": _("写好一天以后才收到，多半是没有网络。都已算数，不用办。"),
    "unplaced": _("不在任何网格里，没有人负责走访。"),
    "ending": _("三十天内到期。再问一次本人，愿意的重新登记。"),
}
EMPTY: Final[Mapping[str, LazyString]] = {
    "due": _("没有今天到期的纠纷。"),
    "accept": _("没有等受理的。"),
    "request": _("没有当事人等答复。"),
    "extension": _("没有延期要批。"),
    "objection": _("没有异议。"),
    "late_record": _("没有迟到的办理记录。"),
    "withdrawn": _("没有撤销的上报。"),
    "conflicts": _("没有两个值要定：大家改的都对得上。"),
    "aside": _("手机上传的记录都已采用或看过。"),
    "approvals": _("没有审批要定。"),
    "phones": _("一周之内，每个人的手机都有消息。"),
    "late_acts": _("从昨天起，没有晚到的办理记录。"),
    "late": _("从昨天起，没有晚到的走访。"),
    "unplaced": _("每一户都落在网格里。"),
    "ending": _("三十天内没有同意到期。"),
}
# What must be done by somebody; what must be decided; what is good to know.
GROUPS: Final = (
    (
        _("纠纷"),
        ("due", "request", "accept", "extension", "objection", "late_record", "withdrawn"),
    ),
    (_("要您定的"), ("conflicts", "aside", "approvals")),
    (_("要知道的"), ("unplaced", "phones", "ending", "late_acts", "late")),
)
NEWS: Final = frozenset({"withdrawn", "late_acts", "late"})  # nothing is to be done about them


def says(key: str, n: int) -> str:
    """A part as one says it in a sentence."""
    return str(SAYS[key](n))


def waiting(totals: Mapping[str, int]) -> list[tuple[str, str]]:
    """(part, how it is said) of those that are not empty, in the order of the page."""
    order = [key for _title, keys in GROUPS for key in keys]
    return [(key, says(key, totals[key])) for key in order if totals.get(key)]


def came(begun_how: str) -> str:
    """How a case came to its Office."""
    return both(Event(begun_how))


def passed(start: str, now: str) -> list[str]:
    """Levels below the present one that a case went through."""
    levels = [level.value for level in Level]
    return levels[levels.index(start) : levels.index(now)]


def act_of(kind: str) -> str:
    """What was done to a case, in words."""
    return both(Event(kind))


def status_of(status: str) -> str:
    """A state in words."""
    return both(State(status))


def category_of(category: str) -> str:
    """A category in words."""
    return both(Category(category))


def need_of(need: str) -> str:
    """A service need in words."""
    return _word(need, NEEDS[need])


def matter(name: Any) -> str:
    """A part of what an approval is about, or a list that it names."""
    return str(MATTERS.get(str(name), name))


def field_name(name: str) -> str:
    """What a field is called; its own name where people have none for it."""
    return str(FIELDS.get(name, name))


def choices(entity: str, name: str) -> Mapping[str, str]:
    """Slug → word of a field that holds one of a list; empty where it holds anything else."""
    found = _CHOICES.get((entity, name), {})
    return {slug: _word(slug, word) for slug, word in found.items()}


def shown(entity: str, name: str, value: Any) -> str:
    """A value as people read it."""
    if value is None or value == "":
        return in_language("（没有）", "(none)")
    if value == MASKED:
        return in_language("（已遮盖）", "(masked)")
    if name == "location" and isinstance(value, list) and len(value) == 4:
        return _location(*value)
    return choices(entity, name).get(str(value), str(value))


def both(word: Word) -> str:
    """A word of the ladder."""
    return in_language(word.zh, word.en.capitalize())


def _word(slug: str, word: str) -> str:
    """Lists of words stand as 中文, or as 中文 English."""
    zh, _space, en = word.partition(" ")
    return in_language(zh, en or slug.replace("_", " "))


def _location(lon: Any, lat: Any, datum: Any, accuracy: Any) -> str:
    where = f"{lon}, {lat}（{_DATUMS.get(str(datum), datum)}）"
    return f"{where} ±{accuracy:g} m" if isinstance(accuracy, int | float) else where


_CHOICES: Final[Mapping[tuple[str, str], Mapping[str, str]]] = {
    ("visit", "outcome"): OUTCOMES,
    ("visit", "purpose"): PURPOSES,
    ("household", "kind"): KINDS,
    ("household", "state"): STATES,
    ("service_need", "need"): NEEDS,
    ("service_need", "given_by"): GIVEN_BY,
    ("service_need", "how"): HOW,
    ("dispute", "category"): {one.value: one.zh for one in Category},
    ("dispute_event", "event"): {one.value: one.zh for one in Event},
}
