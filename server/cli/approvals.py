"""`wangge approvals`: what waits for a second person, at the keyboard."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from socket import gethostname
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import click
from rich.table import Table

from server.app import create_app
from server.approvals import queries, service
from server.approvals.errors import NeedsApproval
from server.approvals.models import Approval
from server.cli.opening import acting
from server.cli.tables import show
from server.db import Identity, transaction
from server.errors import WanggeError
from server.installation import opened
from server.ladder.calendar import LOCAL
from server.settings import from_environment

ACTS = {
    "export.bulk": "批量导出 bulk export",
    "case.delete": "删除案卷 deletion of a case",
    "audit.settings": "审计设置 settings of the audit",
}
STATES = {
    "waiting": "待审批 waiting",
    "approved": "已批准 approved",
    "used": "已使用 used",
    "refused": "已拒绝 refused",
    "withdrawn": "已撤回 withdrawn",
    "expired": "逾期未决 expired",
    "lapsed": "逾期未用 lapsed",
}


@click.group()
def approvals() -> None:
    """双人审批：谁申请了什么。 Acts that need a second person: who asked for what.

    批准、拒绝须本人登录。 Whoever decides signs in: the keyboard itself decides nothing.
    """


@approvals.command("list")
@click.option("--waiting", is_flag=True, help="只列待审批的。 Those that wait alone.")
def list_them(waiting: bool) -> None:
    """列出审批。 List them, the newest first."""
    table = Table(title="双人审批 Approvals", title_justify="left")
    for title in ("编号 id", "事项 act", "内容 what", "原因 reason", "状态 state", "期限 until"):
        table.add_column(title, overflow="fold")
    with acting() as (session, by):
        query = queries.list_approvals(by.now, waiting=waiting)
        for one in session.scalars(query.order_by(Approval.id.desc()).limit(100)):
            until = one.expires_at.astimezone(LOCAL).strftime("%Y-%m-%d %H:%M")
            state = STATES[service.standing(one, by)]
            table.add_row(str(one.id), ACTS[one.act], _said(one.what), one.reason, state, until)
    show(table)


@approvals.command()
@click.argument("approval_id", metavar="ID", type=click.UUID)
def withdraw(approval_id: UUID) -> None:
    """撤回在此申请的。 Take back what was asked for at the keyboard."""
    with acting() as (session, by):
        service.withdraw(session, by, approval_id)
    click.echo(f"已撤回 withdrawn: {approval_id}")


def _said(what: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}={value}" for key, value in what.items())


def _decided(verb: str, text: str) -> None:
    """The command by which a person decides, in their own name."""

    @approvals.command(verb, help=f"{text}；以本人身份登录。 Sign in as yourself.")
    @click.argument("approval_id", metavar="ID", type=click.UUID)
    @click.option("--login", prompt="用户名 login")
    @click.option("--password-stdin", is_flag=True, help="从标准输入读密码。 From stdin.")
    @click.option("--why", default=None, help="理由。 Why.", required=verb == "refuse")
    @click.option("--yes", is_flag=True, help="不再询问。 Do not ask again.")
    def run(
        approval_id: UUID, login: str, password_stdin: bool, why: str | None, yes: bool
    ) -> None:
        # Never as a word of the command: everybody on the server reads those.
        password = _password(piped=password_stdin)
        with signed_in(login, password) as call:
            told = call("GET", f"/approvals/{approval_id}")
            click.echo(f"{ACTS[told['act']]}：{_said(told['what'])}（{told['reason']}）")
            if not yes:
                click.confirm(f"{text}?", abort=True)
            told = call("POST", f"/approvals/{approval_id}/{verb}", {"why": why} if why else {})
        click.echo(f"{STATES[told['state']]}: {approval_id}")


def _password(*, piped: bool) -> str:
    if piped:
        return sys.stdin.readline().rstrip("\n")
    typed: str = click.prompt("密码 password", hide_input=True)
    return typed


_decided("approve", "批准 Approve")
_decided("refuse", "拒绝 Refuse")


@contextmanager
def signed_in(login: str, password: str) -> Iterator[Callable[..., Any]]:
    """A person at the keyboard, judged as over HTTP: password, code, role; signed out after."""
    with opened(from_environment(os.environ), create_app) as app:
        client = app.test_client()
        device = {"id": str(uuid5(NAMESPACE_URL, f"wangge-keyboard:{login}")), "name": "keyboard"}
        said = {"login": login, "password": password, "device": device}
        answer = _send(client, "POST", "/sessions", said)
        if answer.json.get("type") == "/problems/code-needed":
            said["code"] = click.prompt("验证码 code")
            answer = _send(client, "POST", "/sessions", said)
        token = _good(answer)["access"]

        def call(method: str, path: str, sent: Mapping[str, object] | None = None) -> Any:
            return _good(_send(client, method, path, sent, token))

        try:
            yield call
        finally:
            _send(client, "DELETE", "/sessions/current", None, token)


def _send(client: Any, method: str, path: str, sent: Any, token: str = "") -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return client.open(f"/api/v1{path}", method=method, json=sent, headers=headers)


def _good(answer: Any) -> Any:
    if answer.status_code >= HTTPStatus.BAD_REQUEST:
        raise WanggeError(answer.json["detail"])
    return answer.json


@contextmanager
def asking(by: Identity, reason: str) -> Iterator[None]:
    """Where a second person has to allow what a command does: ask, print the number, end with 1.

    The keyboard is nobody: the request says under which login of the server it was typed.
    """
    try:
        yield
    except NeedsApproval as needed:
        with transaction(by) as session:
            asked = service.ask(session, by, needed.act, needed.what, f"{reason}（{_typist()}）")
        until = asked.expires_at.astimezone(LOCAL).strftime("%Y-%m-%d %H:%M")
        click.echo(f"须另一人批准 needs a second person: {ACTS[asked.act]}", err=True)
        click.echo(f"审批编号 approval: {asked.id}（{until} 前有效 until then）", err=True)
        click.echo("批准后加上 --approval 重做。 Once approved, repeat with --approval.", err=True)
        raise SystemExit(1) from None


def _typist() -> str:
    """Whoever sits at the keyboard, as the server knows them; who became root, as who they were."""
    try:
        return f"{os.environ.get('SUDO_USER') or getpass.getuser()}@{gethostname()}"
    except (KeyError, OSError):  # a container's user may have no name
        return f"uid {os.getuid()}@{gethostname()}"
