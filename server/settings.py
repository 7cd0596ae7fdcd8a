"""Settings: one frozen object, read from the environment once. An error names what is missing."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from server.errors import WanggeError


class BadSettings(WanggeError):
    """The environment does not say what is needed to start."""

    slug = "bad-settings"


class Tls(StrEnum):
    """How a mail server is spoken to."""

    START = "starttls"
    WHOLE = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in."""

    host: str
    port: int
    tls: Tls
    user: str | None = None
    password: str | None = field(default=None, repr=False)


PROVIDER = "统一身份认证 the county account"


@dataclass(frozen=True, slots=True)
class Oidc:
    """The county's own identity provider (OpenID Connect), and whom it knows us as."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    name: str = PROVIDER
    factors: frozenset[str] = frozenset()  # values of amr or acr that stand for a second factor


LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Settings:
    """All that differs from one installation to the next.

    `database_url` decides as whom the process connects: the web as `wangge_app`, the worker and the
    command line as `wangge_worker`; `admin_url` is used to migrate, back up and restore only.
    """

    database_url: str = field(repr=False)
    seal_keys: Mapping[str, bytes] = field(repr=False)  # id -> 32 bytes; the first one seals
    blind_key: bytes = field(repr=False)
    audit_key: bytes | None = field(default=None, repr=False)  # the worker's: signs the audit
    admin_url: str | None = field(default=None, repr=False)
    data_dir: Path = Path("var")
    min_free_bytes: int = 1 << 30  # below this, pushes wait (503) and reads go on
    max_body_bytes: int = 8 << 20  # after decompression
    phone_rows: int = 10_000  # more than these strain an old phone: a move says so
    access_minutes: int = 30
    refresh_days: int = 60
    page_hours: int = 12  # of a browser's session: a working day, then sign in again
    session_days: int = 180  # after which a session ends, however often it was refreshed
    oidc: Oidc | None = None  # None: everybody signs in here
    second_factor: bool = False  # asked of Offices and administrators
    bulk_rows: int = 200  # more unmasked rows a day need a second person
    log_level: str = "INFO"
    mail_server: MailServer | None = None  # None: no mail is sent
    mail_from: str = "wangge@localhost"
    public_url: str | None = None  # where people reach this server; None: no links are written
    base_map: str | None = None  # tiles beneath our map: https://…/{z}/{x}/{y}; None: paper
    http_hosts: tuple[str, ...] = LOOPBACK  # webhooks there may go without TLS
    address_header: str = ""  # where a proxy of ours writes who asked; empty: there is none
    resident_knocks: int = 120  # a minute, of one network; a whole village may share one
    resident_knocks_in_all: int = 3_000  # a minute
    device_knocks: int = 0  # heavy requests a minute of one device; 0: as many as it likes


def from_environment(environ: Mapping[str, str], *, process: str = "web") -> Settings:
    """Settings of a `web` or `worker` process. Raises BadSettings naming the variable."""
    name = "WANGGE_DATABASE_URL" if process == "web" else "WANGGE_WORKER_DATABASE_URL"
    return Settings(
        database_url=database_url(name, _need(environ, name)),
        admin_url=environ.get("WANGGE_ADMIN_DATABASE_URL"),
        seal_keys=_keys(_need(environ, "WANGGE_SEAL_KEYS")),
        blind_key=_key("WANGGE_BLIND_KEY", _need(environ, "WANGGE_BLIND_KEY")),
        audit_key=_audit_key(environ) if process == "worker" else None,
        data_dir=Path(environ.get("WANGGE_DATA_DIR", "var")),
        min_free_bytes=_number(environ, "WANGGE_MIN_FREE_BYTES", 1 << 30),
        max_body_bytes=_number(environ, "WANGGE_MAX_BODY_BYTES", 8 << 20),
        phone_rows=_number(environ, "WANGGE_PHONE_ROWS", 10_000),
        access_minutes=_number(environ, "WANGGE_ACCESS_MINUTES", 30),
        refresh_days=_number(environ, "WANGGE_REFRESH_DAYS", 60),
        page_hours=_number(environ, "WANGGE_PAGE_HOURS", 12) or 1,
        session_days=_number(environ, "WANGGE_SESSION_DAYS", 180),
        second_factor=_required(environ, "WANGGE_SECOND_FACTOR"),
        oidc=_oidc(environ),
        bulk_rows=_number(environ, "WANGGE_BULK_ROWS", 200),
        log_level=_level(environ.get("WANGGE_LOG_LEVEL", "INFO")),
        mail_server=_mail_server(environ.get("WANGGE_SMTP_URL", "")),
        mail_from=_mail_from(environ.get("WANGGE_MAIL_FROM") or "wangge@localhost"),
        public_url=_public_url(environ.get("WANGGE_PUBLIC_URL", "")),
        base_map=_base_map(environ.get("WANGGE_BASE_MAP", "")),
        http_hosts=_hosts(environ.get("WANGGE_HTTP_HOSTS") or ",".join(LOOPBACK)),
        address_header=_header(environ.get("WANGGE_ADDRESS_HEADER") or "none"),
        resident_knocks=_number(environ, "WANGGE_RESIDENT_KNOCKS", 120) or 1,
        device_knocks=_number(environ, "WANGGE_DEVICE_KNOCKS", 600),
        resident_knocks_in_all=_number(environ, "WANGGE_RESIDENT_KNOCKS_IN_ALL", 3_000) or 1,
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


def _required(environ: Mapping[str, str], name: str) -> bool:
    text = environ.get(name) or "required"
    if text not in ("required", "optional"):
        raise BadSettings(f"{name} 应为 required 或 optional。 {name}: required or optional.")
    return text == "required"


_MAIL = {"smtp": (587, Tls.START), "smtps": (465, Tls.WHOLE), "smtp+plain": (25, Tls.NONE)}


def _mail_server(text: str) -> MailServer | None:
    """`smtp://` with STARTTLS, `smtps://`, or `smtp+plain://` without either."""
    if not text:
        return None
    try:
        url = urlsplit(text)
        port, tls = _MAIL[url.scheme]
        port = url.port or port
    except (ValueError, KeyError):
        url = urlsplit("")
    if not url.hostname:
        raise BadSettings(
            "WANGGE_SMTP_URL 不是邮件服务器地址。 "
            "WANGGE_SMTP_URL must be smtp://USER:PASSWORD@HOST:587, or smtps:// or smtp+plain://."
        )
    user, password = (unquote(part) if part else None for part in (url.username, url.password))
    return MailServer(url.hostname, port, tls, user, password)


def _mail_from(text: str) -> str:
    name, _, domain = text.partition("@")
    if not name or not domain or not text.isascii() or any(c in " <>,\r\n" for c in text):
        raise BadSettings("WANGGE_MAIL_FROM 不是邮箱地址。 WANGGE_MAIL_FROM must be one address.")
    return text


def _public_url(text: str) -> str | None:
    if text and not text.startswith(("https://", "http://")):
        raise BadSettings("WANGGE_PUBLIC_URL 应为网址。 WANGGE_PUBLIC_URL must be an https:// URL.")
    return text.rstrip("/") or None


def _oidc(environ: Mapping[str, str]) -> Oidc | None:
    """It sends people back to an address of ours, which must be known; over TLS both ways, but on
    this very machine.
    """
    issuer = environ.get("WANGGE_OIDC_ISSUER", "")
    if not issuer:
        return None
    url = urlsplit(issuer)
    safe = url.scheme == "https" or (url.scheme == "http" and url.hostname in LOOPBACK)
    if not (safe and url.hostname) or url.query or url.fragment:
        raise BadSettings(
            "WANGGE_OIDC_ISSUER 应为 https 网址。 WANGGE_OIDC_ISSUER must be an https:// URL."
        )
    _need(environ, "WANGGE_PUBLIC_URL")
    factors = environ.get("WANGGE_OIDC_FACTORS", "")
    return Oidc(
        issuer,
        _need(environ, "WANGGE_OIDC_CLIENT_ID"),
        _need(environ, "WANGGE_OIDC_CLIENT_SECRET"),
        environ.get("WANGGE_OIDC_NAME") or PROVIDER,
        frozenset(one.strip() for one in factors.split(",") if one.strip()),
    )


def _base_map(text: str) -> str | None:
    """Its host goes into the map page's content policy: nothing that could end a directive."""
    url = urlsplit(text)
    plain = text.isascii() and text.isprintable() and not set(text) & set(" ;,'\"")
    parts = all(part in text for part in ("{z}", "{x}", "{y}"))
    if text and not (url.scheme in ("https", "http") and url.hostname and plain and parts):
        raise BadSettings(
            "WANGGE_BASE_MAP 应为底图瓦片地址。 "
            "WANGGE_BASE_MAP must be the address of tiles: https://HOST/…/{z}/{x}/{y}.png"
        )
    return text or None


def _header(text: str) -> str:
    return "" if text == "none" else text


def _hosts(text: str) -> tuple[str, ...]:
    return tuple(host.strip().lower() for host in text.split(",") if host.strip())


def _keys(text: str) -> Mapping[str, bytes]:
    pairs = [item.partition(":") for item in text.split(",")]
    ids = [key_id for key_id, _, _ in pairs]
    if len(set(ids)) < len(ids) or not all(key_id and key_id.isprintable() for key_id in ids):
        raise BadSettings(
            "WANGGE_SEAL_KEYS 中每个密钥须有不同的名称。 "
            "WANGGE_SEAL_KEYS must be id:base64,id:base64… with each id once."
        )
    return {key_id: _key("WANGGE_SEAL_KEYS", key) for key_id, _, key in pairs}


def _audit_key(environ: Mapping[str, str]) -> bytes | None:
    """Of the worker alone: who breaks into the web signs nothing."""
    text = environ.get("WANGGE_AUDIT_KEY", "")
    return _key("WANGGE_AUDIT_KEY", text) if text else None


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
