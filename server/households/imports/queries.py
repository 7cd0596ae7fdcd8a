"""SQL of loading households: a batch is copied beside the table, placed by join, and moved in."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from io import StringIO
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from server.households.models import Household


class Staged(NamedTuple):
    """One household on its way in, in the order of the staging table. Personal fields are sealed.

    `lon`, `lat`: as the list has them; `true_lon`, `true_lat`: WGS-84, None where that cannot be.
    """

    ord: int
    id: UUID
    external_id: str
    village_id: UUID
    group_no: int | None
    head_name: bytes
    telephone: bytes | None
    telephone_index: bytes | None
    address: str
    kind: str
    people: int | None
    lon: float | None
    lat: float | None
    true_lon: float | None
    true_lat: float | None


def list_known(session: Session, system: str, external_ids: Collection[str]) -> set[str]:
    """Which of these ids of another system we have already."""
    query = select(Household.external_id).where(
        Household.external_system == system, Household.external_id.in_(external_ids)
    )
    return {known for known in session.scalars(query) if known is not None}


_STAGE = text("""
    CREATE TEMP TABLE IF NOT EXISTS staged_household (
        ord             int NOT NULL,
        id              uuid NOT NULL,
        external_id     text NOT NULL,
        village_id      uuid NOT NULL,
        group_no        int,
        head_name       bytea NOT NULL,
        telephone       bytea,
        telephone_index bytea,
        address         text NOT NULL,
        kind            text NOT NULL,
        people          int,
        lon             float8,
        lat             float8,
        true_lon        float8,
        true_lat        float8,
        geom geometry (Point, 4326)
             GENERATED ALWAYS AS (ST_SetSRID(ST_MakePoint(true_lon, true_lat), 4326)) STORED
    ) ON COMMIT DROP
""")
_COPY = f"COPY staged_household ({', '.join(Staged._fields)}) FROM STDIN"


def stage(session: Session, households: Iterable[Staged]) -> None:
    """Copy a batch into this transaction's staging table, in place of the batch before."""
    session.execute(_STAGE)
    session.execute(text("TRUNCATE staged_household"))
    lines = StringIO("".join(map(_line, households)))
    cursor = session.connection().connection.cursor()
    try:
        cursor.copy_expert(_COPY, lines)
    finally:
        cursor.close()
    # Nobody else analyses a temporary table, and the plan of the placing hangs on its size.
    session.execute(text("ANALYZE staged_household (ord, village_id, group_no, lon)"))


# The rules of households.rules.place, and the border rule of geo.cells, for a whole batch. Tests
# hold them against each other.
_PLACED = """
    WITH at_point AS (
        SELECT DISTINCT ON (s.ord) s.ord, c.id AS cell_id, c.village_id
          FROM staged_household s
          JOIN boundary b  ON b.valid_to IS NULL AND b.cell_id IS NOT NULL
                          AND ST_Covers(b.geom, s.geom)
          JOIN grid_cell c ON c.id = b.cell_id
         ORDER BY s.ord, c.code COLLATE "C"
    ), of_group AS (
        SELECT s.ord, count(*) AS cells, (array_agg(c.id))[1] AS cell_id
          FROM staged_household s
          JOIN grid_cell c ON c.village_id = s.village_id AND c.ended_at IS NULL
                          AND s.group_no = ANY (c.groups)
         WHERE s.lon IS NULL
         GROUP BY s.ord
    ), found AS (
        SELECT s.*,
               CASE WHEN s.lon IS NULL THEN CASE WHEN g.cells = 1 THEN g.cell_id END
                    WHEN p.village_id = s.village_id THEN p.cell_id
               END AS cell_id,
               CASE WHEN s.lon IS NOT NULL THEN
                        CASE WHEN p.cell_id IS NULL THEN 'outside_county' ELSE 'other_village' END
                    WHEN s.group_no IS NULL THEN 'no_place'
                    WHEN g.cells > 1        THEN 'group_ambiguous'
                    ELSE                         'group_unknown'
               END AS reason
          FROM staged_household s
          LEFT JOIN at_point p USING (ord)
          LEFT JOIN of_group g USING (ord)
    ), placed AS (
        SELECT f.*,
               CASE WHEN cell_id IS NULL THEN NULL
                    WHEN lon IS NULL     THEN 'group' ELSE 'point' END AS placed_by,
               CASE WHEN cell_id IS NULL THEN reason END               AS unplaced
          FROM found f
    )
"""
_PLACE = text(_PLACED + "SELECT ord, cell_id, placed_by, unplaced FROM placed ORDER BY ord")
_MOVE_IN = text(
    _PLACED
    + """
    , made AS (
        INSERT INTO household (id, village_id, cell_id, group_no, kind, head_name, telephone,
                               telephone_index, address, people, lon, lat, datum, geom,
                               placed_by, unplaced, external_system, external_id, created_at)
        SELECT id, village_id, cell_id, group_no, kind, head_name, telephone,
               telephone_index, address, people, lon, lat,
               CASE WHEN lon IS NOT NULL THEN :datum END, geom,
               placed_by, unplaced, :system, external_id, :at
          FROM placed
         ORDER BY ord
        ON CONFLICT (external_system, external_id) DO NOTHING
     RETURNING id, village_id, cell_id, placed_by, unplaced
    ), opened AS (
        INSERT INTO household_placing (id, household_id, village_id, cell_id, placed_by, valid_from)
        SELECT gen_random_uuid(), id, village_id, cell_id, placed_by, :at FROM made
    )
    SELECT placed_by, unplaced, count(*) AS households FROM made GROUP BY placed_by, unplaced
"""
)


def list_placings(session: Session) -> Sequence[Row[tuple[int, UUID, str, str]]]:
    """(ord, cell_id, placed_by, unplaced): how the staged batch would be placed now."""
    return session.execute(_PLACE).all()


def move_in(
    session: Session, system: str, datum: str, at: datetime
) -> Sequence[Row[tuple[str, str, int]]]:
    """Place the staged batch and make its households; what has come meanwhile is left as it is.

    Returns (placed_by, unplaced, households) for those made.
    """
    return session.execute(_MOVE_IN, {"system": system, "datum": datum, "at": at}).all()


def _line(one: Staged) -> str:
    """One household in COPY's text format; spelled out, since this runs for every row."""
    return (
        f"{one.ord}\t{one.id.hex}\t{one.external_id.translate(_ESCAPES)}\t{one.village_id.hex}\t"
        f"{_plain(one.group_no)}\t{_hex(one.head_name)}\t{_hex(one.telephone)}\t"
        f"{_hex(one.telephone_index)}\t{one.address.translate(_ESCAPES)}\t{one.kind}\t"
        f"{_plain(one.people)}\t{_plain(one.lon)}\t{_plain(one.lat)}\t"
        f"{_plain(one.true_lon)}\t{_plain(one.true_lat)}\n"
    )


def _plain(value: float | None) -> str:
    return "\\N" if value is None else repr(value)


def _hex(value: bytes | None) -> str:
    return "\\N" if value is None else f"\\\\x{value.hex()}"


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
