"""Settings: one frozen object, read from the environment once. An error names what is missing."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from server.errors import WanggeError


class BadSettings(WanggeError):
    """The environment does not say what is needed to start."""

    slug = "bad-settings"


@dataclass(frozen=True, slots=True)
class Settings:
    """All that differs from one installation to the next.

    `database_url` decides as whom the process connects: the web as `wangge_app`, the worker and the
    command line as `wangge_worker`; `admin_url` is used to migrate, back up and restore only.
    """

    database_url: str = field(repr=False)
    seal_keys: Mapping[str, bytes] = field(repr=False)  # id -> 32 bytes; the first one seals
    blind_key: bytes = field(repr=False)
    admin_url: str | None = field(default=None, repr=False)
    data_dir: Path = Path("var")
    min_free_bytes: int = 1 << 30  # below this, pushes wait (503) and reads go on
    max_body_bytes: int = 8 << 20  # after decompression
    phone_rows: int = 10_000  # more than these strain an old phone: a move says so
    access_minutes: int = 30
    refresh_days: int = 60
    log_level: str = "INFO"


def from_environment(environ: Mapping[str, str], *, process: str = "web") -> Settings:
    """Settings of a `web` or `worker` process. Raises BadSettings naming the variable."""
    name = "WANGGE_DATABASE_URL" if process == "web" else "WANGGE_WORKER_DATABASE_URL"
    return Settings(
        database_url=database_url(name, _need(environ, name)),
        admin_url=environ.get("WANGGE_ADMIN_DATABASE_URL"),
        seal_keys=_keys(_need(environ, "WANGGE_SEAL_KEYS")),
        blind_key=_key("WANGGE_BLIND_KEY", _need(environ, "WANGGE_BLIND_KEY")),
        data_dir=Path(environ.get("WANGGE_DATA_DIR", "var")),
        min_free_bytes=_number(environ, "WANGGE_MIN_FREE_BYTES", 1 << 30),
        max_body_bytes=_number(environ, "WANGGE_MAX_BODY_BYTES", 8 << 20),
        phone_rows=_number(environ, "WANGGE_PHONE_ROWS", 10_000),
        access_minutes=_number(environ, "WANGGE_ACCESS_MINUTES", 30),
        refresh_days=_number(environ, "WANGGE_REFRESH_DAYS", 60),
        log_level=_level(environ.get("WANGGE_LOG_LEVEL", "INFO")),
    )


def database_url(name: str, text: str) -> str:
    """A URL of a PostgreSQL database. Raises BadSettings naming the variable, not the value."""
    try:
        url = make_url(text)
    except ArgumentError:
        url = None
    if url is None or not url.drivername.startswith("postgresql") or not url.database:
        raise BadSettings(
            f"{name} 不是 PostgreSQL 地址。 {name} must be a URL: postgresql+psycopg2://user@host/name"
        )
    return text


_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


def _level(text: str) -> str:
    if text not in _LEVELS:
        raise BadSettings(
            f"WANGGE_LOG_LEVEL 应为其中之一。 WANGGE_LOG_LEVEL must be one of {', '.join(_LEVELS)}."
        )
    return text


def _need(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "")
    if not value:
        raise BadSettings(f"环境变量 {name} 未设置。 Set the environment variable {name}.")
    return value


def _number(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name, str(default))
    if not text.isascii() or not text.isdigit():
        raise BadSettings(f"{name} 应为整数。 {name} must be a whole number, not {text!r}.")
    return int(text)


def _keys(text: str) -> Mapping[str, bytes]:
    pairs = [item.partition(":") for item in text.split(",")]
    return {key_id: _key("WANGGE_SEAL_KEYS", key) for key_id, _, key in pairs}


def _key(name: str, text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        key = b""
    if len(key) != 32:
        raise BadSettings(
            f"{name} 应为 32 字节的 base64。 {name} must hold 32 bytes in base64; "
            "`wangge keys new` makes them."
        )
    return key
