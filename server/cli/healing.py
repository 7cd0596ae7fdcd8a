"""`wangge sync healing`: what came back since the database became another one, and what cannot."""

from __future__ import annotations

from datetime import datetime

import click

from server.cli.opening import acting
from server.ladder.calendar import LOCAL
from server.syncing.healing.rules import NOT_HEALED, WORDS
from server.syncing.healing.service import Healing, report

SHOWN = 20  # phones that are not back yet; the others are counted


@click.command()
def healing() -> None:
    """恢复之后：找回了什么，还缺什么。 After a restore: what came back, what is missing.

    手机保留已上传的记录三十天，恢复后会自动补传；网页上的操作无法找回，须人工重做。
    Phones keep what they sent for thirty days and send it again; what was done in a browser has
    to be done again.
    """
    with acting() as (session, _):
        found = report(session)
    click.echo("\n".join(lines(found)) if found else "尚无纪元 no epoch yet: run `wangge migrate`")


def lines(healing: Healing) -> list[str]:
    """The report as IT reads it."""
    heard = sum(phone.heard for phone in healing.phones)
    said = [
        f"纪元 epoch {healing.number}: {WORDS.get(healing.why, healing.why)}",
        f"开始于 began {_at(healing.began_at)}",
    ]
    if healing.known_until:
        said.append(
            f"此前最后的记录 the last act it knows of {_at(healing.known_until)}；"
            "其后即缺失时段 the span between the two was lost, but for what phones send again"
        )
    said += [*_lost(healing), f"手机 phones: 已回来 back {heard} / {len(healing.phones)}"]
    silent = [phone for phone in healing.phones if not phone.heard]
    said += [f"  未回来 not yet: {phone.login} {phone.name}" for phone in silent[:SHOWN]]
    if len(silent) > SHOWN:
        said.append(f"  …… +{len(silent) - SHOWN}")
    came_back = ", ".join(f"{status} {n}" for status, n in healing.came_back.items())
    said.append(f"补传 written before, received since: {came_back or 0}")
    said += [
        f"找不回 lost for good: {hole.login} {hole.name}: {hole.count} (n {hole.first}–{hole.last})"
        for hole in healing.holes
    ]
    if healing.started_anew:
        said.append(
            f"{healing.started_anew} 部手机发现数据库曾被换成旧副本，已自行补传。 So many phones "
            "found an older copy in place of what they knew: each sends again what it keeps."
        )
    return [*said, *_by_hand(healing)]


def _lost(healing: Healing) -> list[str]:
    if healing.lost is None:
        return []
    acts = [f"  {action} {n}" for action, n in sorted(healing.lost.items())]
    title = "缺失时段内的人工操作 what people did in the lost span, and no phone keeps:"
    return [title, *(acts or ["  无 none"])]


def _by_hand(healing: Healing) -> list[str]:
    if healing.number == 1:
        return []
    return [
        "手机不保存下列内容，须人工重做 No phone keeps these; do them again:",
        *(f"  {what}" for what in NOT_HEALED),
        "到期案件会自动重新上报 Cases climb again by themselves when they are due.",
    ]


def _at(moment: datetime) -> str:
    return moment.astimezone(LOCAL).strftime("%Y-%m-%d %H:%M:%S")
