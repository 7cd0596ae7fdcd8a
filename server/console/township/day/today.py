"""The day: one page, and a longer list of each of its parts."""

from __future__ import annotations

from typing import Any, Final

from flask import Response, request
from flask_babel import lazy_gettext as _

from server.access.door import asker, may
from server.console.frame.forms import whole
from server.console.frame.pages import blueprint, shown
from server.console.township.day import words
from server.console.township.day.board import PAGE, Board, Cut
from server.db import transaction
from server.errors import NotFound

pages = blueprint("day", __name__)

LAST: Final = 100  # page of a list; nobody reads ten thousand lines

# What was just done, told once on the page one comes back to.
DONE: Final = {
    "ours": _("已定：保留现在的值。"),
    "theirs": _("已定：改为手机上的值，各终端会收到。"),
    "released": _("已采用。记录算作原记录人所办，由您确认。"),
    "closed": _("已关闭，不采用。原记录人会看到您写的理由。"),
    "approved": _("已批准，24 小时内有效。"),
    "refused": _("已拒绝。申请人会看到理由。"),
}


@pages.get("/day")
@may("dispute.act")
def show_day() -> Response:
    """What this person has to do today, in words, then part by part; or one part at length."""
    only = request.args.get("part")
    page = min(max(1, whole(request.args.get("page", "")) or 1), LAST)
    with transaction(asker().identity) as session:
        board = Board(session, asker())
        if only and only not in board.keys:
            raise NotFound
        parts = {only: board.part(only, Cut(PAGE, PAGE * (page - 1)))} if only else board.parts()
        done = DONE.get(request.args.get("done", ""))
        told: dict[str, Any] = {"parts": parts, "only": only, "page": page, "done": done}
        told["waiting"] = words.waiting({key: part.total for key, part in parts.items()})
        return shown("day/today.html", words=words, **told)
