"""The web's door to the database: shut until somebody has looked after one that was put back."""

from __future__ import annotations

from typing import Any

from flask import Flask
from psycopg2.errors import InvalidSchemaName, UndefinedFunction
from sqlalchemy import event

from server.db import DbRole, db
from server.errors import TryLater


class NotMigrated(TryLater):
    """The database is older (or newer) than this program."""

    slug = "not-migrated"
    text = "数据库版本与程序不符。 The database does not fit this program: run `wangge migrate`."


class NotSettled(TryLater):
    """The database was restored, moved or promoted, and nobody has looked after it yet."""

    slug = "not-settled"
    text = (
        "数据库刚恢复或切换，核对后自动开放。 The database was restored or moved: it opens once "
        "the worker has seen to it (`wangge work`, or `wangge migrate` by hand)."
    )


def guard(app: Flask) -> None:
    """Ask at each new connection of this app, as the web's role, whether the web may open.

    Whoever restores, moves or promotes a database cuts every connection: no request is asked more.
    """
    with app.app_context():
        event.listen(db.engine, "connect", _admit)


def _admit(connection: Any, _: object) -> None:
    """Let the connection in. Raises NotSettled, NotMigrated."""
    shut: TryLater | None = None
    with connection.cursor() as cursor:
        try:
            cursor.execute("SELECT gate.settled()")
            shut = None if cursor.fetchone()[0] else NotSettled()
        except (UndefinedFunction, InvalidSchemaName):
            # Older than this question: whoever was erased since may be in it.
            shut = NotMigrated() if connection.info.user == DbRole.APP else None
    connection.rollback()
    if shut:
        connection.close()
        raise shut
