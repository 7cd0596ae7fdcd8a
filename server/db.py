"""The database: engine, session, and `transaction(identity)`, the only place that commits.

Every transaction begins by telling PostgreSQL who asks and at what time (one SELECT); row security
answers from that. Nobody told: nothing seen. Why one SELECT: docs/decisions/0002. `ask` is the
short way for what is asked most: one statement, told in the same breath who asks.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

import psycopg2
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from psycopg2.extras import NamedTupleCursor
from sqlalchemy import DateTime, MetaData, Text, text
from sqlalchemy.dialects.postgresql import psycopg2 as postgresql
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session, registry
from sqlalchemy.pool import PoolProxiedConnection

from server.errors import Clash, TryLater
from server.setbacks import UNIQUE, passing, pgcode
from server.settings import Settings

log = logging.getLogger("wangge.db")


class Base(DeclarativeBase):
    """Root of the tables. Constraint names are fixed, so that migrations can name them."""

    registry = registry(type_annotation_map={datetime: DateTime(timezone=True), str: Text()})
    metadata = MetaData(
        naming_convention={
            "ix": "%(table_name)s_%(column_0_N_name)s_ix",
            "uq": "%(table_name)s_%(column_0_N_name)s_key",
            "ck": "%(table_name)s_%(constraint_name)s_check",
            "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
            "pk": "%(table_name)s_pkey",
        }
    )


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})


class DbRole(StrEnum):
    """As whom PostgreSQL judges a transaction; the policies are in migrations/sql."""

    APP = "wangge_app"
    PUSH = "wangge_push"  # may also write and read back rows that name the author
    MOVER = "wangge_mover"  # may also redraw cells and change assignments in its charge
    RESIDENT = "wangge_resident"  # has a party's code and nothing else
    SEALER = "wangge_sealer"  # the worker while it seals anew: sealed columns and nothing else
    WORKER = "wangge_worker"  # jobs and the command line: the county's own hand


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks, from which device, at what time, under which request."""

    now: datetime
    user_id: UUID | None = None
    device_id: UUID | None = None
    request_id: str = ""
    role: DbRole = DbRole.APP
    party_code: bytes = b""  # the keyed digest of a resident's code


class AlreadyThere(Clash):
    """An id or a code is taken: two wrote at once, or a caller used one twice."""

    slug = "already-there"
    text = "编号已存在，请刷新后再试。 This id or code exists already; reload and try again."


class Acting(NamedTuple):
    """An open transaction and whose it is: what a sync entity is applied with."""

    session: Session
    by: Identity


def nobody(now: datetime, request_id: str = "") -> Identity:
    """Somebody who has not signed in: sees nothing but what the gate functions answer."""
    return Identity(now=now, request_id=request_id)


def resident(now: datetime, digest: bytes, request_id: str = "") -> Identity:
    """Somebody with the code of this keyed digest: sees the one case of that party."""
    return Identity(now=now, request_id=request_id, role=DbRole.RESIDENT, party_code=digest)


def worker(now: datetime, request_id: str = "") -> Identity:
    """The county's own hand: jobs and the command line, connected as wangge_worker."""
    return Identity(now=now, request_id=request_id, role=DbRole.WORKER)


# As the driver takes it: SQLAlchemy has nothing to compile before each transaction.
_TELL = """
    SELECT set_config('role',        %(role)s,    true),
           set_config('app.user',    %(user)s,    true),
           set_config('app.device',  %(device)s,  true),
           set_config('app.request', %(request)s, true),
           set_config('app.party_code', %(party_code)s, true),
           set_config('app.now',     %(now)s,     true),
           set_config('transaction_read_only', %(read_only)s, true)
"""


@contextmanager
def transaction(identity: Identity, *, snapshot: bool = False) -> Iterator[Session]:
    """One transaction as `identity`; commits at the end, rolls back on any error.

    `snapshot=True` gives one REPEATABLE READ READ ONLY snapshot (for pulls and exports).
    Raises TryLater where the database was busy or away: nothing was done then.
    """
    session, committing = db.session(), False
    if session.in_transaction():
        raise RuntimeError("transactions do not nest: the inner one would commit the outer")
    try:
        if snapshot:
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        tell(session, identity, read_only=snapshot)
        yield session
        committing = True
        session.commit()
    except (DBAPIError, PoolTimeout) as error:
        _roll_back(session)
        if passing(error):
            raise TryLater from error
        if pgcode(error) == UNIQUE:
            raise AlreadyThere from error
        if committing:
            log.error("a commit failed: %s", pgcode(error))
            raise TryLater from error
        raise
    except BaseException:
        _roll_back(session)
        raise
    finally:
        db.session.remove()


def _roll_back(session: Session) -> None:
    """Undo what was done. Where the connection is dead, PostgreSQL has done so by itself."""
    try:
        session.rollback()
    except DBAPIError:
        session.invalidate()


def ask(
    statement: str,
    values: Mapping[str, Any],
    by: Identity | None = None,
    *,
    seconds: int = 30,
    read_only: bool = True,
) -> tuple[Any, ...] | None:
    """The first row of one statement that is a transaction of its own: what is asked most often.

    It goes past the session, in one round trip instead of four (docs/decisions/0006). As `by` it
    is told who asks in the same message, which PostgreSQL runs as one transaction; it may take so
    many `seconds` and, unless `read_only` is off, only reads. Without `by` it is asked as nobody.
    `statement` has `:names`. Not from within a transaction: it takes a connection of its own.
    Raises TryLater likewise.
    """
    asked = [(plain(statement), values)]
    if by is not None:
        told = {**_told(by, read_only=read_only), "seconds": f"{seconds}s"}
        asked.insert(0, (_TELL + _BOUND, told))
    try:
        with closing(db.engine.raw_connection()) as lent:
            return _first(lent, asked)
    except (psycopg2.Error, DBAPIError, PoolTimeout) as error:  # SQLAlchemy's while connecting
        if passing(error):
            raise TryLater from error
        raise


def run(session: Session, statement: str, values: Mapping[str, Any]) -> Sequence[Any]:
    """Rows (named tuples) of one statement with `:names`, past the ORM: what every push asks.

    A third of the way through SQLAlchemy (docs/decisions/0006). Raises DBAPIError as the session.
    """
    connection = session.connection()
    lent: Any = connection.connection.dbapi_connection
    with lent.cursor(cursor_factory=NamedTupleCursor) as cursor:
        try:
            cursor.execute(plain(statement), values)
            return cursor.fetchall() if cursor.description else ()
        except psycopg2.Error as error:
            if lent.closed:  # the server went away, from under all others too
                connection.invalidate(error)
                db.engine.dispose()
            raise DBAPIError.instance(statement, None, error, psycopg2.Error) from error


_BOUND = ", set_config('statement_timeout', %(seconds)s, true)"


def _first(
    lent: PoolProxiedConnection, asked: Sequence[tuple[str, Mapping[str, Any]]]
) -> tuple[Any, ...] | None:
    connection: Any = lent.dbapi_connection
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(b";".join(cursor.mogrify(*part) for part in asked))
            found: tuple[Any, ...] | None = cursor.fetchone() if cursor.description else None
            return found
    finally:
        if connection.closed:  # the server went away, from under all the others too
            lent.invalidate()
            db.engine.dispose()
        else:
            connection.autocommit = False


@cache
def plain(statement: str) -> str:
    """A statement with `:names` as the driver takes it; compiled once."""
    return str(text(statement).compile(dialect=DRIVER))


DRIVER = postgresql.dialect()  # type: ignore[no-untyped-call] # SQLAlchemy leaves it untyped


def open_snapshot(identity: Identity) -> Session:
    """One REPEATABLE READ READ ONLY snapshot that outlives its request, to stream an answer from.

    It belongs to no request and no thread; whoever opens it closes it. Raises TryLater.
    """
    session = Session(db.engine, expire_on_commit=False)
    try:
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        tell(session, identity, read_only=True)
    except (DBAPIError, PoolTimeout) as error:
        session.close()
        if passing(error):
            raise TryLater from error
        raise
    return session


def tell(session: Session, identity: Identity, *, read_only: bool = False) -> None:
    """Tell PostgreSQL who asks. Empty means nobody; a policy never reads it as everybody."""
    session.connection().exec_driver_sql(_TELL, _told(identity, read_only=read_only))


def _told(identity: Identity, *, read_only: bool) -> dict[str, str]:
    return {
        "role": identity.role,
        "user": str(identity.user_id or ""),
        "device": str(identity.device_id or ""),
        "request": identity.request_id,
        "party_code": identity.party_code.hex(),
        "now": identity.now.astimezone(UTC).isoformat(),
        "read_only": "on" if read_only else "off",
    }


def present_revision(session: Session) -> str | None:
    """The migration that the database stands at; None where there is none."""
    if session.execute(text("SELECT to_regclass('public.alembic_version')")).scalar() is None:
        return None
    found: str | None = session.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def connect(app: Flask, settings: Settings) -> None:
    """Give the app its engine. Time-outs live on the database roles, where nobody forgets them."""
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
        "pool_size": 8,
        "max_overflow": 4,
        "pool_timeout": 10,
        "connect_args": {"connect_timeout": 5},
        "hide_parameters": True,  # an error's text must not quote what somebody typed
    }
    db.init_app(app)
