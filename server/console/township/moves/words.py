"""What pages of moves say of spans, ways and reasons, in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString

from server.console.frame.language import in_language
from server.console.frame.look import day, minute
from server.households.rules import Unplaced
from server.places.rules import LOCAL

WAYS: Final[Mapping[str, LazyString]] = {
    "cover": _("临时顶班"),
    "instead": _("长期换人"),
    "beside": _("加派一人"),
}
REASONS: Final[Mapping[str, LazyString]] = {
    Unplaced.NO_PLACE.value: _("既无坐标也无村组"),
    Unplaced.OUTSIDE_COUNTY.value: _("坐标不在任何网格内"),
    Unplaced.OTHER_VILLAGE.value: _("坐标落在别的村"),
    Unplaced.GROUP_UNKNOWN.value: _("没有网格含该村民小组"),
    Unplaced.GROUP_AMBIGUOUS.value: _("两个网格都含该村民小组"),
}
FAULTS: Final[Mapping[str, LazyString]] = {
    **REASONS,
    "cell_missing": _("没有选网格"),
    "no_cell": _("没有这个网格"),
    "not_in_village": _("所选网格不在该户所在的村"),
    "nothing_suggested": _("没有按地址的建议，请人工指定"),
    "suggestion_changed": _("建议已变，请看新的建议"),
    "named_twice": _("同一户提交了两次"),
    "moves_away": _("所选网格不归您管"),
    "placed_meanwhile": _("别人已把该户落到别的网格"),
    "not_found": _("没有找到该户，可能已被别人处理"),
}


def span(start: str, until: str | None) -> str:
    """From–to of a preview (ISO, local), both days included where they are whole days."""
    begins = _begins(datetime.fromisoformat(start))
    if until is None:
        return str(gettext("自 %(start)s 起，长期", start=begins))
    ends = _ends(datetime.fromisoformat(until))
    return str(gettext("%(start)s 至 %(end)s", start=begins, end=ends))


def since(start: datetime, until: datetime | None) -> str:
    """The same of what stands now."""
    if until is None:
        return str(gettext("自 %(start)s 起", start=day(start)))
    return str(gettext("至 %(end)s", end=_ends(until)))


def at(moment: str) -> str:
    """A time of a preview (ISO)."""
    return minute(datetime.fromisoformat(moment))


def named(said: str, names: Mapping[str, str]) -> str:
    """The same with the names of the cells whose codes it says."""
    return _CODE.sub(lambda found: _with_name(found, names), said)


def _with_name(found: re.Match[str], names: Mapping[str, str]) -> str:
    before, code, after = found.groups()
    if code not in names:
        return found[0]
    return in_language(f"“{names[code]}”（{code}）", f"{before}{names[code]} ({code}){after}")


def _begins(at: datetime) -> str:
    return day(at) if _is_midnight(at) else minute(at)


def _ends(at: datetime) -> str:
    return day(at - timedelta(microseconds=1)) if _is_midnight(at) else minute(at)


def _is_midnight(at: datetime) -> bool:
    local = at.astimezone(LOCAL)
    return (local.hour, local.minute) == (0, 0)


_CODE: Final = re.compile(r"( ?)(?<![0-9])([0-9]{15})(?![0-9])( ?)")
