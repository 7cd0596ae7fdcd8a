"""The figures of the page as a workbook: the same tables, the same numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from flask_babel import gettext as _

from server.console.county.flow.telling import Answers, Pace, Rung

Sheet = tuple[str, Sequence[str], Iterator[Sequence[Any]]]


def sheets(told: Answers) -> Iterator[Sheet]:
    """(name, titles, rows) of each sheet, as exports.lists.write_xlsx takes them."""
    rows = [_flow_row(one) for one in (*told.rungs, told.total)]
    yield (
        _("各级去向"),
        _flow_titles(),
        iter([*rows, [_("本单位承办的逐件计；其他单位承办的按整 10 件计。")]]),
    )
    yield _("用时"), _pace_titles(), (_pace_row(one) for one in (*told.paces, told.whole))


def _flow_titles() -> list[str]:
    parts = (_("化解"), _("到期自动上报"), _("人工上报"), _("其他了结"))
    return [
        *(_("层级"), _("了结或上报")),
        *(title for part in parts for title in (part, _("占比"))),
        *(_("现在在办"), _("其中逾期")),
    ]


def _flow_row(one: Rung) -> list[Any]:
    parts = (one.settled, one.climbed, one.escalated, one.otherwise)
    shares = (cell for told in parts for cell in (told.n, told.share))
    return [one.name, one.decided.n, *shares, one.open.n, one.overdue.n]


def _pace_titles() -> list[str]:
    step = (_("中位天数"), _("九成以内天数"), _("次数"))
    return [
        *(_("代码"), _("名称"), _("化解"), _("了结或上报"), _("占比")),
        *(_("按时受理"), _("应受理"), _("占比"), _("按时办结"), _("应办结"), _("占比")),
        *(
            f"{name} {what}"
            for name in (_("受理用时"), _("办理用时"), _("全程用时"))
            for what in step
        ),
    ]


def _pace_row(one: Pace) -> list[Any]:
    shares = (one.settled, one.accepted, one.handled)
    steps = (one.to_accept, one.to_end, one.whole)
    return [
        *(one.key, one.name),
        *(cell for told in shares for cell in (told.n, told.of, told.share)),
        *(step[name] for step in steps for name in ("median_days", "p90_days", "of")),
    ]
