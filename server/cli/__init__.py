"""`wangge <command>`: what a county's IT does at the keyboard, one file per noun."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click
import psycopg2
from sqlalchemy.exc import DBAPIError

from server.cli.approvals import approvals
from server.cli.assigning import assign, unassign
from server.cli.audit import audit
from server.cli.calendar import calendar
from server.cli.cells import cells
from server.cli.climb import climb
from server.cli.database import backup, migrate, restore
from server.cli.demo import demo
from server.cli.devices import device
from server.cli.doctor import doctor
from server.cli.duplicates import duplicates
from server.cli.erase import erase
from server.cli.export import export
from server.cli.factors import second_factor
from server.cli.keys import keys
from server.cli.load import load
from server.cli.mail import mail
from server.cli.move import move
from server.cli.notices import notices
from server.cli.policy import policy
from server.cli.refs import refs
from server.cli.retention import retention
from server.cli.serve import serve
from server.cli.subject import subject
from server.cli.sync import sync
from server.cli.up import up
from server.cli.users import office, user
from server.cli.webhook import webhook
from server.cli.work import work
from server.errors import TryLater, WanggeError

COMMANDS: Sequence[click.Command] = (
    up,
    demo,
    load,
    export,
    approvals,
    cells,
    duplicates,
    move,
    user,
    office,
    assign,
    unassign,
    device,
    policy,
    calendar,
    erase,
    retention,
    subject,
    sync,
    webhook,
    mail,
    notices,
    audit,
    doctor,
    backup,
    restore,
    migrate,
    climb,
    serve,
    work,
    keys,
)


class OneLine(click.Group):
    """What goes wrong on purpose is one line for a person, and exit code 1; never a traceback."""

    def invoke(self, context: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(context)
        except WanggeError as error:
            self._end(context, _tell(error))
        except (DBAPIError, psycopg2.Error) as error:
            self._end(context, _advise(error))
        except OSError as error:
            if error.filename is None:
                raise
            self._end(context, f"无法读写文件 Cannot use {error.filename}: {error.strerror}")

    def list_commands(self, context: click.Context) -> list[str]:
        """In the order in which one needs them."""
        return list(self.commands)

    def _end(self, context: click.Context, line: str) -> None:
        click.echo(f"{click.style('错误 Error', fg='red')}：{line}", err=True)
        context.exit(1)


def _advise(error: DBAPIError | psycopg2.Error) -> str:
    """What to do about an error of the database; those that nobody foresaw pass on."""
    cause = getattr(error, "orig", error)
    advice = _ADVICE.get(getattr(cause, "pgcode", None))
    if advice is None:
        raise error
    return advice


_ADVICE: Mapping[str | None, str] = {
    "42P01": "数据库尚未迁移。 The database is not migrated: run `wangge migrate`.",
    "42501": "权限不足，请用超级用户。 Not enough rights: the admin URL must be a superuser's.",
    # Without a code there was no answer: no such server, no way in, or gone in between.
    None: "无法连接数据库，请检查地址与权限。 Cannot reach the database: check its URL and rights.",
}


def _tell(error: WanggeError) -> str:
    if isinstance(error, TryLater):
        return (
            "数据库无法连接或正忙，请运行 wangge doctor 后重试。 "
            "The database is away or busy: run `wangge doctor`, then try again."
        )
    return " ".join(error.detail.split())


@click.group(cls=OneLine, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """网格服务管理命令。 Commands of Wangge, the grid service of one county.

    设置来自环境变量（WANGGE_…），见 docker/env.example。
    Settings come from the environment; `wangge COMMAND --help` explains each command.
    """


load.add_command(refs)
user.add_command(second_factor)
for command in COMMANDS:
    main.add_command(command)
