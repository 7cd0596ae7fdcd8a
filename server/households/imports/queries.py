"""SQL of loading households: a batch is copied beside the tables and moved in."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from io import BytesIO

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from server.db import db
from server.households.imports.batches import COLUMNS
from server.households.imports.errors import ListBusy
from server.households.imports.placing import Cell, Cells


@contextmanager
def hold_list(system: str) -> Iterator[None]:
    """Nobody else loads a list of this system meanwhile. Raises ListBusy where somebody does.

    The lock belongs to a connection of its own, so it ends with this run, however that ends.
    """
    key = {"key": f"load households {system}"}
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.scalar(_TRY_LOCK, key):
            raise ListBusy
        try:
            yield
        finally:
            # A lost connection took its lock along; why it was lost is what should be told.
            with suppress(DBAPIError):
                connection.execute(_UNLOCK, key)


_TRY_LOCK = text("SELECT pg_try_advisory_lock(hashtextextended(:key, 0))")
_UNLOCK = text("SELECT pg_advisory_unlock(hashtextextended(:key, 0))")


_CELLS = """
    SELECT c.id, c.village_id, c.code,
           CASE WHEN c.ended_at IS NULL THEN c.groups ELSE '{}' END AS groups, b.id AS drawn, b.geom
      FROM grid_cell c
      LEFT JOIN boundary b ON b.cell_id = c.id AND b.valid_to IS NULL
     WHERE c.ended_at IS NULL OR b.id IS NOT NULL
"""
_VERSION = text(f"""
    SELECT md5(concat_ws(' ',
           (SELECT string_agg(concat_ws(' ', id, village_id, code, groups, drawn), ',' ORDER BY id)
              FROM ({_CELLS}) present),
           (SELECT string_agg(id::text, ',' ORDER BY id) FROM area WHERE ended_at IS NULL)))
""")
_LIST = text(f"SELECT id, village_id, code, groups, ST_AsBinary(geom) FROM ({_CELLS}) present")


def cells_version(session: Session) -> str:
    """Changes with whatever changes a placing: cells, their groups and boundaries, the villages."""
    return str(session.scalar(_VERSION))


def list_cells(session: Session) -> Cells:
    """The cells as they are now."""
    version = cells_version(session)
    rows = session.execute(_LIST).tuples()
    return Cells(
        version,
        [
            Cell(cell_id, village_id, code, groups, None if shape is None else bytes(shape))
            for cell_id, village_id, code, groups, shape in rows
        ],
    )


# As a value in the text: the planner sees how many there are, and probes the index for each.
_KNOWN = """
    SELECT external_id FROM household WHERE external_system = %s AND external_id = ANY (%s)
"""


def list_known(session: Session, system: str, external_ids: Collection[str]) -> set[str]:
    """Which of these ids of another system we have already."""
    cursor = session.connection().connection.cursor()
    try:
        cursor.execute(_KNOWN, (system, list(external_ids)))
        return {external_id for (external_id,) in cursor.fetchall()}
    finally:
        cursor.close()


_NAMES = ", ".join(COLUMNS)
_STAGE = text(f"""
    CREATE TEMP TABLE staged_household ON COMMIT DROP AS SELECT {_NAMES} FROM household WITH NO DATA
""")
_COPY = f"COPY staged_household ({_NAMES}) FROM STDIN"
_MOVE_IN = text(f"""
    INSERT INTO household ({_NAMES}, external_system, created_at)
    SELECT {_NAMES}, :system, :at FROM staged_household
""")
# The first placing of a household has its id: it is at hand, unique, and lies in order.
_OPEN_PLACING = text("""
    INSERT INTO household_placing (id, household_id, village_id, cell_id, placed_by, valid_from)
    SELECT id, id, village_id, cell_id, placed_by, :at FROM staged_household
""")


def insert_lines(session: Session, lines: str, system: str, at: datetime) -> None:
    """Make households of these lines (COPY's text format, batches.COLUMNS), and their placings.

    Once in a transaction. By way of a temporary table: COPY into a table with row security is
    refused, and it needs no plan, since nothing is joined any more.
    """
    session.execute(_STAGE)
    encoded = lines.encode()
    cursor = session.connection().connection.cursor()
    try:
        # In one piece: every smaller one would wait for its turn with the thread that reads on.
        cursor.copy_expert(_COPY, BytesIO(encoded), len(encoded) + 1)
    finally:
        cursor.close()
    session.execute(_MOVE_IN, {"system": system, "at": at})
    session.execute(_OPEN_PLACING, {"at": at})
