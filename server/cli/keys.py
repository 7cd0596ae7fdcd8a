"""`wangge keys`: what seals personal fields."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import click
from sqlalchemy import Table

import server.tables  # noqa: F401 (registers every table)
from server.audit.service import record
from server.cli.opening import county_hand
from server.db import Base, DbRole, Identity, transaction
from server.installation import new_key
from server.sealed import keyring
from server.sealed.errors import KeyInUse, NotAllResealed
from server.sealed.rotation import (
    BATCH,
    Found,
    count_old,
    count_values,
    reseal,
    sealed_tables,
)

PASSES = 3  # over a table: rows that others held at that moment are met again


@click.group()
def keys() -> None:
    """密钥。 Keys of the sealed fields."""


@keys.command()
@click.option(
    "--add",
    is_flag=True,
    help="在现有密钥之前加一个新的。 A new key in front of those of WANGGE_SEAL_KEYS.",
)
def new(add: bool) -> None:
    """生成一套新密钥（只打印，不保存）。 Print fresh keys; nothing is stored.

    请另存两处：密钥丢失，姓名和电话即无法恢复。
    Keep copies in two places: without the keys, names and telephone numbers are lost.
    """
    kept = os.environ.get("WANGGE_SEAL_KEYS", "") if add else ""
    name = _next_id(pair.partition(":")[0] for pair in kept.split(",") if pair)
    click.echo(f"WANGGE_SEAL_KEYS={','.join(filter(None, [f'{name}:{new_key()}', kept]))}")
    if not add:
        click.echo(f"WANGGE_BLIND_KEY={new_key()}")


@keys.command("list")
def list_() -> None:
    """各密钥加密了哪些列、多少条。 Which key seals how many values of which column."""
    with county_hand() as by:
        ring, found = keyring(), list(_found(by))
    for key_id in ring.ids:
        sealed = sum(one.values for one in found if one.sealing.key_id == key_id)
        click.echo(f"{key_id}  {sealed}{'  现用 seals' if key_id == ring.current else ''}")
    for one in found:
        click.echo(f"{one.column}  {one.sealing.key_id}  {one.values}{_remark(one, ring.ids)}")


@keys.command()
@click.option(
    "--batch",
    type=click.IntRange(1, 5_000),
    default=BATCH,
    show_default=True,
    help="每次处理的行数。 Rows of one transaction.",
)
def rotate(batch: int) -> None:
    """用第一个密钥重新加密全部数据。 Seal everything anew with the first key, while all work on.

    中断后再次运行即从未完成处继续。手机不会因此重新下载。
    Killed, it goes on where it was when it is run again. No phone hears of it.
    """
    with county_hand() as by:
        resealed = left = 0
        for table in sealed_tables(Base.metadata):
            done, rest = _rotate(by, table, batch)
            resealed, left = resealed + done, left + rest
        with transaction(by) as session:
            record(session, "keys.rotate", key=keyring().current, rows=resealed, left=left)
    click.echo(f"已重新加密 sealed anew {resealed}，余 left {left}")
    if left:
        raise NotAllResealed


@keys.command()
@click.argument("key_id", metavar="ID")
def retire(key_id: str) -> None:
    """确认某密钥已不再使用，可以移除。 Whether a key may go: nothing is sealed with it any more.

    旧备份仍需要该密钥：请与备份一同保管，直至备份过期。
    Backups made before still need it: keep it beside them until they are gone.
    """
    with county_hand() as by:
        if key_id == keyring().current:
            raise KeyInUse(
                f"{key_id} 是现用密钥。 {key_id} is the key that seals: put another in front first."
            )
        used = sum(one.values for one in _found(by) if one.sealing.key_id == key_id)
        if used:
            raise KeyInUse(
                f"{key_id} 仍加密 {used} 条，请先运行 wangge keys rotate。 "
                f"{key_id} still seals {used} values: run `wangge keys rotate` first."
            )
        with transaction(by) as session:
            record(session, "keys.retire", key=key_id)
    click.echo(f"{key_id} 可从 WANGGE_SEAL_KEYS 中移除；请与旧备份一同保管。")
    click.echo(f"Take {key_id} out of WANGGE_SEAL_KEYS, and keep it with the backups of its time.")


def _next_id(known: Iterable[str]) -> str:
    """Behind all that are known: one that was retired still opens the backups of its time."""
    numbers = [int(found[1]) for one in known if (found := re.fullmatch(r"k([0-9]{1,9})", one))]
    return f"k{max(numbers, default=0) + 1}"


def _rotate(by: Identity, table: Table, batch: int) -> tuple[int, int]:
    """(rows sealed anew, rows left): those that do not open, or that others held throughout."""
    sealer, ring, done = replace(by, role=DbRole.SEALER), keyring(), 0
    with transaction(sealer) as session:
        left = count_old(session, table, ring)
    if not left:
        return 0, 0
    for _ in range(PASSES):
        for resealed, broken in _go_over(sealer, table, batch):
            done += resealed
            click.echo(f"{table.name}  {done}/{max(left, done)}", err=True)
            for key in broken:
                click.echo(
                    f"{table.name} {'/'.join(map(str, key))}: 无法解密 does not open", err=True
                )
        with transaction(sealer) as session:
            if not (rest := count_old(session, table, ring)):
                break
    return done, rest


def _go_over(
    sealer: Identity, table: Table, batch: int
) -> Iterator[tuple[int, Sequence[Sequence[object]]]]:
    """Once over a table, a transaction for each batch."""
    after: Sequence[object] | None = None
    while True:
        with transaction(sealer) as session:
            went = reseal(session, table, keyring(), after, batch)
        if went.last is None:
            return
        after = went.last
        yield went.resealed, went.broken


def _found(by: Identity) -> Iterator[Found]:
    with transaction(replace(by, role=DbRole.SEALER)) as session:
        for table in sealed_tables(Base.metadata):
            yield from count_values(session, table)


def _remark(one: Found, known: Sequence[str]) -> str:
    if one.sealing.key_id not in known:
        return "  密钥缺失 key is missing"
    return "  未绑定到行 not bound to its row" if one.sealing.version == 1 else ""
