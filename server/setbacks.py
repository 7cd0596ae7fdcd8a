"""What went wrong in PostgreSQL, and whether the same may be done again."""

from __future__ import annotations

import psycopg2
from sqlalchemy.exc import TimeoutError as PoolTimeout

# Lock not available, deadlock, serialization, out of connections or disk, cancelled, shutting down
# (by itself or because another backend crashed).
_FOREIGN_KEY, UNIQUE = "23503", "23505"
_PASSING = {"55P03", "40P01", "40001", "53100", "53200", "53300"} | {
    "57014", "57P01", "57P02", "57P03",
}  # fmt: skip
_CROSSED = {"40P01", "40001"}


def crossed(error: BaseException | None) -> bool:
    """Whether two transactions were in each other's way: the same may be done again at once."""
    return pgcode(error) in _CROSSED or _moved_meanwhile(error)


def passing(error: BaseException | None) -> bool:
    """Whether the same transaction may succeed when tried again."""
    if isinstance(error, PoolTimeout):
        return True
    code = pgcode(error)
    if code == _FOREIGN_KEY:
        return _moved_meanwhile(error)
    return code in _PASSING or (code is None and _went_away(error))


def pgcode(error: BaseException | None) -> str | None:
    """PostgreSQL's code of what happened, where it was PostgreSQL that answered."""
    code: str | None = getattr(getattr(error, "orig", error), "pgcode", None)
    return code


def _went_away(error: BaseException | None) -> bool:
    """Whether the connection broke: PostgreSQL said nothing, and it was not we who asked wrongly.

    Of a backend that was killed the driver may only know that it is no answer: its plain error.
    """
    cause = getattr(error, "orig", error)
    broken = (psycopg2.OperationalError, psycopg2.InterfaceError)
    return isinstance(cause, broken) or type(cause) is psycopg2.DatabaseError


def _moved_meanwhile(error: BaseException | None) -> bool:
    """Whether a household moved between our look and our insert: look again."""
    named = "_follows_household_fkey" in str(getattr(error, "orig", ""))
    return named and pgcode(error) == _FOREIGN_KEY
