"""The day: one page, and a longer list of each of its parts."""

from __future__ import annotations

from typing import Final

from flask import Response, request
from flask_babel import lazy_gettext as _

from server.access.door import asker, may
from server.console.frame.pages import blueprint, shown
from server.console.township.day import words
from server.console.township.day.board import MOST, Board
from server.db import transaction
from server.errors import NotFound

pages = blueprint("day", __name__)

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
    with transaction(asker().identity) as session:
        board = Board(session, asker())
        if only and only not in board.keys:
            raise NotFound
        parts = {only: board.part(only, MOST)} if only else board.parts()
        done = DONE.get(request.args.get("done", ""))
        return shown("day/today.html", parts=parts, only=only, words=words, done=done)
