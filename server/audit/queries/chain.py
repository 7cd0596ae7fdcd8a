"""SQL of the chain: what waits for its seal, the seals in their order, and what is old."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from server.audit.rules.chain import START, Act, Seal
from server.audit.rules.keeping import Old
from server.audit.rules.signing import Cut
from server.db import run

# (511921, 2) is the upgrade's. Whoever does not get it leaves this round to the other.
_TAKE_TURN = "SELECT pg_try_advisory_xact_lock(511921, 22) AS mine"


def take_turn(session: Session) -> bool:
    """Whether nobody else seals just now; held to the end of the transaction."""
    return bool(run(session, _TAKE_TURN, {})[0].mine)


# As text and whole numbers: what is hashed must not depend on how a driver reads a time or JSON.
# A time that is none ("infinity") would stop the sealer, whoever wrote it.
_US = """CASE {0} WHEN 'infinity' THEN 9223372036854775807
                   WHEN '-infinity' THEN -9223372036854775807
          ELSE cast(extract(epoch FROM {0}) * 1000000 AS bigint) END"""
_ACT = f"""a.id, {_US.format("a.at")} AS at_us, a.user_id::text,
          a.device_id::text, a.request_id, a.action, a.what::text, a.reason"""

_WAITING = f"""
    SELECT {_ACT}
      FROM audit_unsealed w JOIN audit_act a ON a.id = w.act_id
     WHERE NOT EXISTS (SELECT FROM audit_seal s WHERE s.act_id = a.id)
     ORDER BY w.act_id LIMIT :batch
"""


def list_waiting(session: Session, batch: int) -> list[Act]:
    """Acts that wait for their seal and can be seen: committed ones, the lowest id first."""
    return [Act(*row) for row in run(session, _WAITING, {"batch": batch})]


_LAST = """
    (SELECT number, hash FROM audit_seal ORDER BY number DESC LIMIT 1)
     UNION ALL
    (SELECT to_number, hash FROM audit_cut ORDER BY to_number DESC LIMIT 1)
     ORDER BY number DESC LIMIT 1
"""


def find_last(session: Session) -> tuple[int, bytes]:
    """Number and hash of the last link; of the beginning where there is none."""
    rows = run(session, _LAST, {})
    return (rows[0].number, bytes(rows[0].hash)) if rows else (0, START)


# Numbers without a hole, whoever else is at work: the lock above, and the primary key behind it.
_SEAL = """
    WITH sealed AS (
        INSERT INTO audit_seal (number, act_id, sealed_at, hash)
        SELECT :last + ord, act_id, :at, decode(hash, 'hex')
          FROM unnest(cast(:ids AS bigint[]), cast(:hashes AS text[]))
               WITH ORDINALITY t (act_id, hash, ord)
         ORDER BY ord
        RETURNING act_id
    )
    DELETE FROM audit_unsealed WHERE act_id IN (SELECT act_id FROM sealed)
"""


def insert_seals(
    session: Session, last: int, at: datetime, ids: Sequence[int], hashes: Sequence[bytes]
) -> None:
    """Links `last` + 1 and on, of these acts in this order; they wait no more."""
    values = {
        "last": last,
        "at": at,
        "ids": "{" + ",".join(map(str, ids)) + "}",
        "hashes": "{" + ",".join(hash_.hex() for hash_ in hashes) + "}",
    }
    run(session, _SEAL, values)


_CHAIN = text(f"""
    SELECT s.number, s.act_id, {_US.format("s.sealed_at")}, s.hash, {_ACT}
      FROM audit_seal s LEFT JOIN audit_act a ON a.id = s.act_id
     ORDER BY s.number, s.act_id
""")


def stream_chain(session: Session, page: int = 5000) -> Iterator[Seal]:
    """Every link with its act, in the order of the numbers; a page at a time in memory."""
    options = {"stream_results": True, "yield_per": page}
    for row in session.connection().execute(_CHAIN, execution_options=options):
        act = Act(*row[4:]) if row[4] is not None else None
        yield Seal(row[0], row[1], row[2], bytes(row[3] or b""), act)


_UNSEALED = f"""
    SELECT {_ACT}
      FROM audit_act a LEFT JOIN audit_seal s ON s.act_id = a.id
     WHERE s.act_id IS NULL ORDER BY a.id
"""


def list_unsealed(session: Session) -> list[Act]:
    """Acts without a seal, whether they are queued for one or not: all are read to find them."""
    return [Act(*row) for row in run(session, _UNSEALED, {})]


_GONE = """
    SELECT w.act_id FROM audit_unsealed w LEFT JOIN audit_act a ON a.id = w.act_id
     WHERE a.id IS NULL ORDER BY 1
"""


def list_queued_gone(session: Session) -> list[int]:
    """Ids that wait for a seal and have no act any more: nobody of ours deletes one."""
    return [row.act_id for row in run(session, _GONE, {})]


_NUMBERS = "SELECT act_id, number FROM audit_seal WHERE act_id = ANY (cast(:ids AS bigint[]))"


def map_numbers(session: Session, ids: Sequence[int]) -> dict[int, int]:
    """Id of an act → number of its seal, where it has one."""
    rows = run(session, _NUMBERS, {"ids": "{" + ",".join(map(str, ids)) + "}"})
    return {row.act_id: row.number for row in rows}


_COUNT = "SELECT count(*) AS links FROM audit_seal"
_STAND = """
    SELECT (SELECT sealed_at FROM audit_seal ORDER BY number DESC LIMIT 1) AS sealed_at,
           (SELECT min(a.at) FROM audit_unsealed w JOIN audit_act a ON a.id = w.act_id)
               AS waits_since
"""


def count_links(session: Session) -> int:
    """How many links there are."""
    return int(run(session, _COUNT, {})[0].links)


def find_stand(session: Session) -> tuple[datetime | None, datetime | None]:
    """When the newest seal was made, and since when the oldest act waits for one."""
    row = run(session, _STAND, {})[0]
    return row.sealed_at, row.waits_since


_IS_OLDER = """
    SELECT EXISTS (SELECT FROM (SELECT sealed_at FROM audit_seal ORDER BY number LIMIT 1) s
                    WHERE s.sealed_at <= :until) AS older
"""


def is_older(session: Session, until: datetime) -> bool:
    """Whether the oldest link was made before this: asked every round, by one row."""
    return bool(run(session, _IS_OLDER, {"until": until})[0].older)


_OLDEST = """
    SELECT s.number, s.hash, greatest(s.sealed_at, a.at) AS latest
      FROM audit_seal s LEFT JOIN audit_act a ON a.id = s.act_id
     ORDER BY s.number LIMIT :batch
"""


def list_oldest(session: Session, batch: int) -> list[Old]:
    """The oldest links, in their order."""
    rows = run(session, _OLDEST, {"batch": batch})
    return [Old(row.number, bytes(row.hash), row.latest) for row in rows]


_CUT = """
    SELECT gate.cut_audit(:from_number, :to_number, :hash, :newest_at, :key, :signature) AS gone
"""


def cut(session: Session, cut: Cut) -> int:
    """Remove these links and their acts, and leave the record of it; how many went."""
    names = ("from_number", "to_number", "hash", "newest_at", "key", "signature")
    values: dict[str, Any] = {name: getattr(cut, name) for name in names}
    return int(run(session, _CUT, values)[0].gone)
