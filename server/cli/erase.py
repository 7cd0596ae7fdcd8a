"""`wangge erase`: a person's data goes for good."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import click

from server.cli.approvals import asking
from server.cli.opening import county_hand, worker_settings
from server.db import transaction
from server.erasure import queries, rounds
from server.erasure.register import Register
from server.erasure.rules import REASONS
from server.erasure.service import ask_erasure

REASON = click.option(
    "--reason",
    type=click.Choice(list(REASONS)),
    required=True,
    help="；".join(f"{slug} {text}" for slug, text in REASONS.items()),
)


@click.group()
def erase() -> None:
    """删除个人信息（不可恢复）。 Erase a person's data; it cannot be undone."""


@erase.command()
@click.argument("household_id", type=click.UUID, metavar="ID")
@REASON
def household(household_id: UUID, reason: str) -> None:
    """删除一户及其全部走访。 Erase a household with its visits and all that hangs on them.

    纠纷保留，该户在其中变为未具名；情况描述须人工核对。手机下次同步时一并清除。
    Disputes stay, with that party unnamed: read their stories. Phones wipe it at their next sync.
    """
    _erase("household", household_id, reason)


@erase.command()
@click.argument("visit_id", type=click.UUID, metavar="ID")
@REASON
def visit(visit_id: UUID, reason: str) -> None:
    """删除一条走访。 Erase one visit."""
    _erase("visit", visit_id, reason)


@erase.command()
@click.argument("party_id", type=click.UUID, metavar="ID")
@REASON
def party(party_id: UUID, reason: str) -> None:
    """删除纠纷中的一名当事人。 Erase one party of a case; the case stays.

    姓名、电话、查询码、评价文字、诉求与申请的文字一并删除；其他文字列入待核。
    Name, number, code and words go; texts of several people's matter are listed for a person.
    """
    _erase("party", party_id, reason)


@erase.command()
@click.argument("dispute_id", type=click.UUID, metavar="ID")
@REASON
@click.option(
    "--approval",
    type=click.UUID,
    help="另一人批准的编号（case.delete）。 Of a second person's approval.",
)
def case(dispute_id: UUID, reason: str, approval: UUID | None) -> None:
    """删除整个案卷（须另一人批准）。 Erase a case with its whole file; a second person approves.

    统计数字不变；只保留编号、条数与历史链的末端。 Figures stay as they are; of the file only
    ids, counts and the last link of its history.
    """
    _erase("dispute", dispute_id, reason, approval)


def _erase(entity: str, row_id: UUID, reason: str, approval: UUID | None = None) -> None:
    register = Register(worker_settings().data_dir)
    with county_hand() as by:
        with asking(by, REASONS[reason]), transaction(by) as session:
            ask_erasure(session, by, entity, row_id, reason, approval)
        rounds.go_round(by, register)
        with transaction(by) as session:
            done = queries.find_erasure(session, entity, row_id)
    _tell(done.counts if done and done.counts else {}, register)


def _tell(counts: dict[str, Any], register: Register) -> None:
    went = {name: n for name, n in counts.items() if isinstance(n, int) and n}
    click.echo(f"已删除 erased: {', '.join(f'{name} {n}' for name, n in went.items())}")
    click.echo(f"已记入名册 written down in {register.path}（请随密钥保存副本 keep a copy of it）")
    if counts.get("disputes"):
        click.echo(f"请核对这些纠纷的情况描述 read the stories of: {', '.join(counts['disputes'])}")
    if counts.get("to_read"):
        click.echo(f"待核文字 texts to be read: {counts['to_read']} (/erasures/mentions)")
    if counts.get("platforms"):
        told = ", ".join(counts["platforms"])
        click.echo(f"请通知下列平台同样删除 ask these platforms to erase it too: {told}")
    click.echo("此前的备份中仍有，恢复时会再次删除。 Backups made before still hold it; a restore")
    click.echo("erases it again. Delete them when their time is over.")
