"""The web's door to the database: shut until somebody has looked after one that was put back."""

from __future__ import annotations

from typing import Any

from flask import Flask
from psycopg2.errors import InvalidSchemaName, UndefinedFunction
from sqlalchemy import event

from server.db import db
from server.errors import TryLater


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
    """Let the connection in. Raises NotSettled."""
    with connection.cursor() as cursor:
        try:
            cursor.execute("SELECT gate.settled()")
            (settled,) = cursor.fetchone()
        except (UndefinedFunction, InvalidSchemaName):
            settled = True  # not migrated: /readyz says so
    connection.rollback()
    if not settled:
        connection.close()
        raise NotSettled
