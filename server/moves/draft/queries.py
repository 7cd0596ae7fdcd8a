"""SQL of drafts: where a village's households are."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

# Those that have ended are visited by nobody, and fill no cell.
_HOMES = text("""
    SELECT ST_X(geom) AS lon, ST_Y(geom) AS lat, coalesce(group_no, 0) AS group_no
      FROM household
     WHERE village_id = :village AND state <> 'ended'
     LIMIT :most
""")


def list_homes(
    session: Session, village_id: UUID, most: int
) -> Sequence[Row[tuple[float | None, float | None, int]]]:
    """(lon, lat, group) of a village's households, WGS-84; without a point None, without a group 0.

    At most `most` of them.
    """
    return session.execute(_HOMES, {"village": village_id, "most": most}).all()
