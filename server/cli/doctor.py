"""`wangge doctor`: is this installation well, and if not, what to do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import click
from sqlalchemy.orm import Session

import server.tables  # noqa: F401 (registers every table)
from migrations.upgrade import newest_revision
from server.bare import system_clock
from server.cli import queries
from server.cli.attesting import look_at_attested, look_at_seals
from server.cli.signs import Look, Sign, State, line_of
from server.db import Base, DbRole, present_revision, tell, transaction, worker
from server.errors import TryLater
from server.heartbeats.queries import map_heartbeats
from server.installation import opened
from server.notices.queue.queries import find_oldest_waiting, map_counts
from server.policies.service import has_day, unpublished
from server.sealed import keyring
from server.sealed.rotation import count_values, sealed_tables
from server.settings import Settings, from_environment
from server.syncing.status.queries import count_alarms
from server.worker import JOBS, LOOP

LATE: Final = timedelta(minutes=2)  # a case climbs within one
SKEWED: Final = timedelta(seconds=2)
FRESH: Final = timedelta(days=1)  # of alarms of phones, and of what nobody has taken yet
WRONG_CLOCK: Final = timedelta(seconds=60)


@click.command()
@click.option(
    "--quick",
    is_flag=True,
    help="只看版本与后台任务，供健康检查。 Only version and worker: for a health check.",
)
def doctor(quick: bool) -> None:
    """检查磁盘、数据库、后台任务、时钟、同步数据。 Check whether everything is well.

    每行一项：ok 正常，warn 注意，fail 须处理；有 fail 时退出码为 1。
    One line each; the exit code is 1 where something fails.
    """
    look = glance if quick else examine
    signs = list(look(from_environment(os.environ, process="worker"), system_clock()))
    for sign in signs:
        click.echo(line_of(sign))
    if any(sign.state is State.FAIL for sign in signs):
        click.get_current_context().exit(1)


def examine(settings: Settings, now: datetime) -> Iterator[Sign]:
    """Look at everything; where the database cannot be asked, that is the last sign."""
    yield look_at_disk(settings)
    yield from _ask(settings, now, THOROUGH)


def glance(settings: Settings, now: datetime) -> Iterator[Sign]:
    """What may be asked every minute: is the worker well? A full disk is not its illness."""
    disk = look_at_disk(settings)
    yield replace(disk, state=State.WARN) if disk.state is State.FAIL else disk
    yield from _ask(settings, now, QUICK)


def _ask(settings: Settings, now: datetime, looks: Sequence[Look]) -> Iterator[Sign]:
    try:
        with opened(settings), transaction(worker(now)) as session:
            migrated = present_revision(session) == newest_revision()
            for look in looks:
                if migrated or look in NEEDS_NO_TABLES:
                    yield look(session, now)
    except TryLater:
        yield Sign(
            State.FAIL,
            "数据库 database",
            "无法连接 out of reach",
            "启动 PostgreSQL 或检查 WANGGE_WORKER_DATABASE_URL。 "
            "Start PostgreSQL, or check WANGGE_WORKER_DATABASE_URL.",
        )


def look_at_disk(settings: Settings) -> Sign:
    """Below the threshold pushes wait; twice that is time to act."""
    what = "磁盘 disk"
    try:
        free = shutil.disk_usage(settings.data_dir).free
    except OSError as error:
        remedy = "检查 WANGGE_DATA_DIR。 Check WANGGE_DATA_DIR."
        return Sign(State.FAIL, what, f"{settings.data_dir}: {error.strerror}", remedy)
    seen = f"剩余 free {free / 1e9:.1f} GB"
    remedy = "请清理或扩容；手机暂不能上传。 Free or add space; phones cannot push."
    if free < settings.min_free_bytes:
        return Sign(State.FAIL, what, seen, remedy)
    if free < 2 * settings.min_free_bytes:
        return Sign(State.WARN, what, seen, "请尽快清理或扩容。 Free or add space soon.")
    return Sign(State.OK, what, seen)


def look_at_revision(session: Session, now: datetime) -> Sign:
    """The database answers, and stands at the newest migration."""
    found, newest = present_revision(session), newest_revision()
    seen = f"版本 version {found or '-'} / {newest}"
    if found == newest:
        return Sign(State.OK, "数据库 database", seen)
    return Sign(
        State.FAIL, "数据库 database", seen, "请运行 wangge migrate。 Run `wangge migrate`."
    )


def look_at_clock(session: Session, now: datetime) -> Sign:
    """Deadlines are reckoned by this machine's clock, some times by the database's."""
    skew = abs(queries.get_database_time(session) - now)
    seen = f"相差 differ by {skew.total_seconds():.1f} s"
    remedy = "请在两台机器上启用 NTP。 Run NTP on both machines."
    if skew > WRONG_CLOCK:
        return Sign(State.FAIL, "时钟 clock", seen, remedy)
    return Sign(State.WARN if skew > SKEWED else State.OK, "时钟 clock", seen, remedy)


def look_at_leftovers(session: Session, now: datetime) -> Sign:
    """A restore that was killed left a whole database, and with it what it was to replace."""
    what, left = "恢复残留 leftovers", queries.list_leftovers(session)
    if not left:
        return Sign(State.OK, what, "无 none")
    remedy = (
        "若无恢复正在进行，请 DROP DATABASE；下次 wangge restore 也会删除。 "
        "Unless a restore is under way, drop them; the next `wangge restore` does so too."
    )
    return Sign(State.WARN, what, ", ".join(left), remedy)


def look_at_worker(session: Session, now: datetime) -> Sign:
    """The loop goes round, and every job came to its end lately."""
    beats = map_heartbeats(session)
    names = (LOOP, *(job.name for job in JOBS))
    late = [name for name in names if name not in beats or now - beats[name] > LATE]
    if not late:
        return Sign(State.OK, "后台 worker", f"{max(now - beats[n] for n in names)} 前 ago")
    oldest = min((beats[name] for name in late if name in beats), default=None)
    seen = f"{', '.join(late)}: {oldest.isoformat() if oldest else '从未 never'}"
    return Sign(State.FAIL, "后台 worker", seen, "请启动 wangge work。 Start `wangge work`.")


def look_at_due_cases(session: Session, now: datetime) -> Sign:
    """A case whose deadline has passed climbs within a minute."""
    due = queries.find_oldest_due(session, now)
    what = "到期案件 due cases"
    if due is None:
        return Sign(State.OK, what, "无 none")
    late = now - due
    seen = f"最早已过期 oldest is late by {late}"
    if late <= LATE:
        return Sign(State.OK, what, seen)
    remedy = (
        "请启动 wangge work，或先运行 wangge climb。 Start `wangge work`, or run `wangge climb`."
    )
    return Sign(State.FAIL, what, seen, remedy)


def look_at_calendar(session: Session, now: datetime) -> Sign:
    """Deadlines are counted by days that are there, and published where they should be by now."""
    what, missing = "工作日历 calendar", unpublished(session, now)
    if not has_day(session, now):
        remedy = "请运行 wangge calendar load。 Run `wangge calendar load`."
        return Sign(State.FAIL, what, "缺少今天 lacks today", remedy)
    if not missing:
        return Sign(State.OK, what, "正常 well")
    seen = f"{'、'.join(map(str, missing))} 年调休未知 make-up days unknown"
    remedy = (
        "公布后请升级或运行 wangge calendar load --file。 "
        "Once published, upgrade or run `wangge calendar load --file`."
    )
    return Sign(State.WARN, what, seen, remedy)


def look_at_feed(session: Session, now: datetime) -> Sign:
    """Every committed entry has its number, or phones would never hear of it."""
    return _none(queries.count_unstamped(session), "同步序号 feed", "未编号 unstamped")


def look_at_heads(session: Session, now: datetime) -> Sign:
    """What phones check themselves against is what the entries give."""
    return _none(queries.count_wrong_heads(session), "同步摘要 heads", "不一致 wrong")


def look_at_alarms(session: Session, now: datetime) -> Sign:
    """Phones that met with something since yesterday: nothing is broken here, somebody looks."""
    what, fresh = "手机异常 alarms", count_alarms(session, now - FRESH)
    if not fresh:
        return Sign(State.OK, what, "无 none")
    seen = ", ".join(f"{kind} {phones}" for kind, phones in sorted(fresh.items()))
    remedy = "详见 wangge sync alarms。 See `wangge sync alarms`."
    return Sign(State.WARN, what, seen, remedy)


def look_at_notices(session: Session, now: datetime) -> Sign:
    """Somebody outside does not take what is owed to them: nothing is broken here."""
    what, counts = "通知 notices", map_counts(session)
    dead, oldest = counts.get("dead", 0), find_oldest_waiting(session)
    seen = f"待发 waiting {counts.get('waiting', 0)}, 已放弃 dead {dead}"
    remedy = "详见 wangge notices list。 See `wangge notices list`."
    stuck = dead or (oldest is not None and now - oldest > FRESH)
    return Sign(State.WARN if stuck else State.OK, what, seen, remedy)


def look_at_keys(session: Session, now: datetime) -> Sign:
    """What is sealed opens with the keys that are here, and with the one that seals now."""
    what, ring = "密钥 keys", keyring()
    tell(session, replace(worker(now), role=DbRole.SEALER))  # the worker may not read all of it
    found = [one for table in sealed_tables(Base.metadata) for one in count_values(session, table)]
    tell(session, worker(now))
    missing = {one.sealing.key_id for one in found} - set(ring.ids)
    if missing:
        seen = f"缺少 missing {', '.join(sorted(missing))}"
        remedy = "请把旧密钥加回 WANGGE_SEAL_KEYS。 Put them back into WANGGE_SEAL_KEYS."
        return Sign(State.FAIL, what, seen, remedy)
    old = sum(one.values for one in found if one.sealing != ring.sealing)
    if not old:
        return Sign(State.OK, what, f"现用 seals {ring.current}")
    seen = f"{old} 条仍用旧密钥或旧格式 still sealed as before"
    return Sign(State.WARN, what, seen, "请运行 wangge keys rotate。 Run `wangge keys rotate`.")


NEEDS_NO_TABLES: Sequence[Look] = (look_at_revision, look_at_clock, look_at_leftovers)
THOROUGH = (
    *NEEDS_NO_TABLES,
    look_at_worker,
    look_at_due_cases,
    look_at_calendar,
    look_at_feed,
    look_at_heads,
    look_at_alarms,
    look_at_notices,
    look_at_seals,
    look_at_attested,
    look_at_keys,
)
QUICK = (look_at_revision, look_at_worker)


def _none(count: int, what: str, wrong: str) -> Sign:
    if count == 0:
        return Sign(State.OK, what, "正常 well")
    remedy = "请先 wangge backup，再联系维护方。 Run `wangge backup`, then ask for support."
    return Sign(State.FAIL, what, f"{wrong}: {count}", remedy)
