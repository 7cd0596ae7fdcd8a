"""Pure: why a record is not counted (yet) and what to do, and what of a phone raises an alarm."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sync import judge
from sync.clock import to_ms
from sync.model import Page, Pull, Push, Pushed, Status
from sync.wire import MALFORMED

DAYS: Final = 30  # a phone keeps what was answered for so long: both count the same span
WINDOW: Final = timedelta(days=DAYS)
# What a row takes on its way to a phone, packed: a visit with a note of 50 characters 150 bytes, a
# household or a case less (`bench/pulls.py`). The first sync of 6,138 rows was 820 kB.
BYTES_A_ROW: Final = 140
FAR_OFF_MS: Final = 10 * 60 * 1000  # a wall clock that differs by more misleads its owner


class Why(NamedTuple):
    """Why a record is not counted, and what to do: each in Chinese with English beside it."""

    text: str
    remedy: str


_ASK_TOWNSHIP = "请乡镇主管核对后采用或关闭。 The township releases it or closes it."
_NOTHING = "您无须操作，主管会处理。 Nothing for you to do: the township looks at it."

# Slugs of sync.judge. What a noun refuses has its slug and its text in the table of errors.
REASONS: Final[Mapping[str, Why]] = {
    judge.DELETED: Why(
        "该户或该案已删除，修改不再生效。 The row was deleted; an edit does not bring it back.",
        "若删除有误，请告诉主管。 If the deletion was wrong, tell the township.",
    ),
    judge.DEVICE_RESET: Why(
        "手机重装或还原过，记录照常处理。 The phone was set up anew; it was taken all the same.",
        _NOTHING,
    ),
    judge.DEVICE_REVOKED: Why(
        "这部手机已停用，记录已收存，等待主管核对。 The phone was revoked; what it held is kept.",
        _ASK_TOWNSHIP,
    ),
    judge.ERASED: Why(
        "此人信息已依法删除，不再收录。 The person was erased by law; nothing of it is kept.",
        "手机上的内容会一并清除，无须操作。 The phone wipes it too; nothing to do.",
    ),
    judge.FIELD_NOT_MUTABLE: Why(
        "其中有不能由手机修改的项目。 It sets a field that phones may not change.",
        "请更新应用；主管可去掉该项后采用。 Update the app; the township can leave the field out.",
    ),
    judge.HOLE: Why(
        "手机已丢失这一条，只剩编号。 The phone has lost this one; only its number is left.",
        "若记得内容请重新填写。 If you remember it, write it down again.",
    ),
    judge.ID_TAKEN: Why(
        "同编号的记录已在服务器上，多半是重复上传。 It is there already: most likely sent twice.",
        "主管核对后关闭即可。 The township looks at it and closes it.",
    ),
    MALFORMED: Why(
        "记录内容无法读取，原文已保存。 It could not be read; its text is kept whole.",
        "请更新应用，并重新填写这一条。 Update the app and write it down again.",
    ),
    judge.NO_SUCH_ROW: Why(
        "所改的户不存在，或不在您的网格内。 The row it amends is not there, or not yours.",
        _ASK_TOWNSHIP,
    ),
    judge.NOT_APPLIED: Why(
        "服务器处理出错，记录已保存。 A fault of the server; the record is kept whole.",
        "修复后由主管采用，内容不丢。 Once it is repaired the township releases it.",
    ),
    judge.NOT_READ_BACK: Why(
        "服务器未能核实已写入，记录已保存。 The server could not read it back; it is kept whole.",
        _ASK_TOWNSHIP,
    ),
    judge.OP_NOT_ALLOWED: Why(
        "这类记录不能这样修改。 Such a row cannot be changed in this way.",
        "请更新应用。 Update the app.",
    ),
    judge.QUARANTINE_FULL: Why(
        "本机待处理已满一千条，此条仍在手机上。 1,000 of this phone wait; this one stays on it.",
        "请主管先处理，再点“重新上传”。 Let the township work through them, then send it again.",
    ),
    judge.TOO_LARGE: Why(
        "此条超过 64 KB，仍在手机上。 It is over 64 KB and stays on the phone.",
        "请删减文字后重新填写。 Shorten it and write it down again.",
    ),
    judge.UNKNOWN_ENTITY: Why(
        "服务器还不认识这类记录，已保存。 The server does not know this kind of record yet.",
        "县里升级后由主管采用。 The township releases it once the county has upgraded.",
    ),
    judge.WAITS_FOR_ROW: Why(
        "它所依据的记录还待处理，本身无误。 The row it speaks of waits itself; it has no fault.",
        "主管先采用前一条，再采用此条。 The township releases that one first, then this one.",
    ),
}
OTHERWISE: Final = Why("未被采用，原文已保存。 It was not taken; it is kept whole.", _ASK_TOWNSHIP)

UNSENT: Final = Why(
    "手机上还有没传的记录或照片。 Records or photos still wait on the phone.",
    "到有网的地方打开应用，待传变成 0 为止。 Open the app where there is a line until none waits.",
)

# What an alarm means for whoever reads it.
ALARMS: Final[Mapping[str, str]] = {
    "unknown_mark": "手机从零重新同步：服务器可能被回退，或手机静默超过 60 天。 "
    "It started from zero: the server went back in time, or the phone was silent for 60 days.",
    "stale_epoch": "手机来自数据库恢复之前，正在补传。 "
    "It comes from before a restore, and sends again what it keeps.",
    "resync": "手机与服务器对不上，已重取。 Phone and server differed; it fetched a bucket anew.",
    "hole": "手机丢失了已编号的记录。 The phone has lost records that it had numbered.",
    "device_reset": "手机重装或还原过。 The phone was set up anew, or an old file restored.",
    "quarantine_full": "待处理已满一千条。 1,000 changes of it wait for a person: look at them.",
    "clock_far_off": "手机时钟相差很大，请开自动校时。 Its clock is far off: set it to automatic.",
}

Alarm = tuple[str, dict[str, Any]]  # kind, and numbers beside it


def alarms_of_pull(asked: Pull, page: Page) -> Iterator[Alarm]:
    """What a pull and its page betray."""
    if asked.epoch is not None and asked.epoch != page.epoch:
        yield "stale_epoch", {}
    elif not page.cursor.after.keys().isdisjoint(page.drop):
        yield "unknown_mark", {"buckets": len(page.cursor.after)}
    if asked.resync:
        yield "resync", {"buckets": len(asked.resync)}


def alarms_of_push(asked: Push, pushed: Pushed) -> Iterator[Alarm]:
    """What a push and its outcomes betray."""
    reasons = [(outcome.status, outcome.reason) for outcome in pushed.outcomes]
    for kind, status in _OUTCOMES.items():
        found = sum(1 for was, why in reasons if why == kind and (status is None or was is status))
        if found:
            yield kind, {"changes": found}
    off = clock_off_ms(asked, pushed.server_time)
    if abs(off) > FAR_OFF_MS:
        yield "clock_far_off", {"seconds": off // 1000}


def clock_off_ms(asked: Push, now: datetime) -> int:
    """By how much the phone's wall clock is ahead of the server's (ms); the way there included."""
    return asked.clock.wall - to_ms(now)


_OUTCOMES: Final[Mapping[str, Status | None]] = {
    judge.HOLE: Status.QUARANTINED,
    judge.DEVICE_RESET: None,
    judge.QUARANTINE_FULL: Status.REJECTED,
}
