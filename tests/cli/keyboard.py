"""Somebody at the keyboard of the county's server."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
from click.testing import CliRunner, Result
from sqlalchemy.engine import URL, make_url

from server.cli import main
from tests import smallcounty


def environment(url: str, data_dir: Path) -> dict[str, str]:
    """What an installation over this database has in its environment (URL: a superuser's)."""
    known = smallcounty.settings(url)
    admin = make_url(url)
    return {
        "WANGGE_ADMIN_DATABASE_URL": url,
        "WANGGE_WORKER_DATABASE_URL": str_of(admin.set(username="wangge_worker")),
        "WANGGE_DATABASE_URL": str_of(admin.set(username="wangge_app")),
        "WANGGE_SEAL_KEYS": ",".join(
            f"{name}:{base64.b64encode(key).decode()}" for name, key in known.seal_keys.items()
        ),
        "WANGGE_BLIND_KEY": base64.b64encode(known.blind_key).decode(),
        "WANGGE_DATA_DIR": str(data_dir),
        "WANGGE_MIN_FREE_BYTES": "0",
    }


def str_of(url: URL) -> str:
    """A URL with its password."""
    return url.render_as_string(hide_password=False)


@contextmanager
def as_admin(url: str) -> Iterator[Any]:
    """A cursor with every right, each statement committed: for accidents and meddling."""
    at = make_url(url)
    host, port = str(at.query["host"]), str(at.query["port"])
    connection = psycopg2.connect(dbname=at.database, user="postgres", host=host, port=port)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


@dataclass
class Keyboard:
    """Types `wangge` commands."""

    environment: dict[str, str]

    def type(self, *words: object, expect: int = 0, stdin: str | None = None) -> str:
        """One command; what it said on both streams. It must end with this exit code."""
        result = self.result(*words, stdin=stdin)
        assert result.exit_code == expect, (result.output, result.exception)
        return result.output

    def result(self, *words: object, stdin: str | None = None) -> Result:
        """One command, however it ends."""
        return CliRunner().invoke(main, [str(w) for w in words], stdin, self.environment)

    def fails(self, *words: object, stdin: str | None = None) -> str:
        """A command that is refused on purpose: one line, no traceback."""
        result = self.result(*words, stdin=stdin)
        assert result.exit_code == 1, (result.output, result.exception)
        assert isinstance(result.exception, SystemExit), result.exception
        assert result.stderr.splitlines()[-1].startswith("错误 Error：")
        return result.stderr
