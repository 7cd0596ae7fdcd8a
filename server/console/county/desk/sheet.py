"""The list as a workbook: the very cases that the page counts, in its order; no cell computes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from flask_babel import gettext as _

from server.console.county.desk.listing import Line
from server.console.county.desk.words import short_number, word
from server.exports.lists import write_xlsx
from server.ladder.calendar import LOCAL

MOST: Final = 10_000  # rows; who wants more asks for all of the places (docs/gis.md)


def workbook(lines: Sequence[Line], total: int) -> bytes:
    """The list as XLSX; one that is longer than a sheet here says so at its end."""
    with tempfile.TemporaryDirectory(prefix="desk-") as folder:
        path = Path(folder) / "disputes.xlsx"
        write_xlsx(path, [(_("纠纷"), _titles(), [*_rows(lines), *_rest(lines, total)])])
        return path.read_bytes()


def _titles() -> list[str]:
    return [
        *(_("编号"), _("类别"), _("状态"), _("在哪里"), _("下一步"), _("期限"), _("时限")),
        *(_("层级"), _("承办单位"), _("登记时间"), _("紧急提醒"), _("再次反映")),
        _("督办"),
    ]


def _rows(lines: Sequence[Line]) -> Iterator[list[Any]]:
    for line in lines:
        case = line.case
        yield [
            short_number(case.id),
            word("category", case.category),
            word("state", case.status),
            line.place,
            word("next", line.next),
            _local(line.by_when),
            str(line.left or ""),
            word("level", case.level),
            line.office,
            _local(case.recorded_at),
            _local(case.alerted_at),
            case.again,
            _("督办中") if line.supervised else "",
        ]


def _rest(lines: Sequence[Line], total: int) -> Iterator[list[Any]]:
    """What is missing is never missing in silence."""
    if total > len(lines):
        yield [_("只列出前 %(n)s 件，共 %(total)s 件：请缩小范围再导出", n=len(lines), total=total)]


def _local(at: datetime | None) -> datetime | None:
    """A time as a sheet has it: the county's, without a zone."""
    return at and at.astimezone(LOCAL).replace(tzinfo=None)
