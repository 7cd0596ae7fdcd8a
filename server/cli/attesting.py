"""What `wangge doctor` sees of the audit: is it sealed, and does its head leave the database?"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from server.audit.queries.chain import find_stand
from server.audit.queries.heads import find_newest_head, get_settings
from server.audit.rules.verifying import LATE
from server.cli.signs import Sign, State
from server.notices.targets.queries import list_names

OLD_HEAD: Final = timedelta(days=1)  # the worker signs one every hour


def look_at_seals(session: Session, now: datetime) -> Sign:
    """Acts are sealed within a minute, so that nobody changes them unseen."""
    what, (newest, waits_since) = "审计封存 seals", find_stand(session)
    seen = f"最近 newest {_said(newest)}"
    if waits_since is None or now - waits_since <= LATE:
        return Sign(State.OK, what, seen)
    remedy = (
        "请启动 wangge work，再运行 wangge audit verify。 "
        "Start `wangge work`, then run `wangge audit verify`."
    )
    return Sign(State.FAIL, what, f"{seen}, 待封自 waiting since {_said(waits_since)}", remedy)


def look_at_attested(session: Session, now: datetime) -> Sign:
    """A signed head outside is what shows that the end was not cut off."""
    what, newest = "审计链首 attested", find_newest_head(session)
    seen = f"最近 newest head {_said(newest.at if newest else None)}"
    lost = set(get_settings(session).heads_to) - set(list_names(session))
    if lost:
        remedy = (
            "接收方已不存在，请核对。 A target of the heads is gone: see `wangge audit settings`."
        )
        return Sign(State.WARN, what, f"{seen}, {', '.join(sorted(lost))}", remedy)
    if newest and now - newest.at <= OLD_HEAD:
        return Sign(State.OK, what, seen)
    remedy = (
        "请设置 WANGGE_AUDIT_KEY 并启动 wangge work。 "
        "Set WANGGE_AUDIT_KEY (`wangge audit key --new`) and start `wangge work`."
    )
    return Sign(State.WARN, what, seen, remedy)


def _said(at: datetime | None) -> str:
    return at.isoformat() if at else "从未 never"
