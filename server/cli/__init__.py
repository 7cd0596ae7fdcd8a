"""`wangge <command>`: what a county's IT does at the keyboard, one file per noun."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click
import psycopg2
from sqlalchemy.exc import DBAPIError

from server.errors import TryLater, WanggeError

# Command → the file of it, in the order in which one needs them. A file is loaded when its command
# is typed: all together take seconds, on an old server more.
COMMANDS: Mapping[str, str] = {
    "up": "up",
    "demo": "demo",
    "load": "load",
    "export": "export",
    "approvals": "approvals",
    "cells": "cells",
    "duplicates": "duplicates",
    "move": "move",
    "user": "users",
    "office": "users",
    "assign": "assigning",
    "unassign": "assigning",
    "device": "devices",
    "policy": "policy",
    "calendar": "calendar",
    "erase": "erase",
    "retention": "retention",
    "subject": "subject",
    "sync": "sync",
    "webhook": "webhook",
    "mail": "mail",
    "notices": "notices",
    "audit": "audit",
    "doctor": "doctor",
    "backup": "database",
    "restore": "database",
    "migrate": "database",
    "climb": "climb",
    "serve": "serve",
    "work": "work",
    "keys": "keys",
}


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
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """The command of this name, from its file."""
        if name not in COMMANDS:
            return None
        gc.disable()  # what is loaded stays: to look through it meanwhile is a seventh of the time
        try:
            command: click.Command = getattr(import_module(f"server.cli.{COMMANDS[name]}"), name)
        finally:
            gc.enable()
        return command

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
