"""SQL that writes areas anew, and lets everything in them follow, set-wise."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from shapely.geometry.base import BaseGeometry
from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from server.moves.areas.rules.form import AreaThen, CellThen, Leaving
from server.places import queries as places
from server.places.models import Area, AreaSuccessor

_LABEL_AREAS = text("""
    UPDATE area a SET code = new.code, name = new.name, parent_id = new.parent
      FROM unnest(cast(:ids AS uuid[]), cast(:codes AS text[]), cast(:names AS text[]),
                  cast(:parents AS uuid[])) AS new (id, code, name, parent)
     WHERE a.id = new.id
""")
_LABEL_CELLS = text("""
    UPDATE grid_cell c SET code = new.code, village_id = new.village
      FROM unnest(cast(:ids AS uuid[]), cast(:codes AS text[]),
                  cast(:villages AS uuid[])) AS new (id, code, village)
     WHERE c.id = new.id
""")


def write_areas(session: Session, areas: Sequence[AreaThen]) -> None:
    """New areas, and others under the code, name and parent that they have from now on."""
    new = [one for one in areas if one.now is None]
    if new:
        columns = ("id", "level", "code", "name", "parent_id")
        session.execute(insert(Area), [{c: getattr(one, c) for c in columns} for one in new])
    kept = [one for one in areas if one.now is not None]
    if kept:
        session.execute(
            _LABEL_AREAS,
            {
                "ids": [one.id for one in kept],
                "codes": [one.code for one in kept],
                "names": [one.name for one in kept],
                "parents": [one.parent_id for one in kept],
            },
        )


def write_cells(session: Session, cells: Sequence[CellThen]) -> None:
    """Cells under the code and in the village that they have from now on."""
    if cells:
        session.execute(
            _LABEL_CELLS,
            {
                "ids": [cell.now.id for cell in cells],
                "codes": [cell.code for cell in cells],
                "villages": [cell.village_id for cell in cells],
            },
        )


def draw(session: Session, drawn: Mapping[UUID, BaseGeometry], at: datetime) -> None:
    """Boundaries of areas from now on."""
    if drawn:
        shapes = [shape.wkb for shape in drawn.values()]
        places.set_boundaries(session, list(drawn), shapes, at, cells=False)


_END = text("UPDATE area SET ended_at = :at WHERE id = ANY (cast(:ids AS uuid[]))")
_CLOSE = text("""
    UPDATE boundary SET valid_to = :at
     WHERE area_id = ANY (cast(:ids AS uuid[])) AND valid_to IS NULL
""")


def end_areas(session: Session, ids: Sequence[UUID], at: datetime) -> None:
    """These areas are no more."""
    session.execute(_END, {"ids": list(ids), "at": at})
    session.execute(_CLOSE, {"ids": list(ids), "at": at})


def write_successors(
    session: Session, follows: Sequence[tuple[UUID, UUID, str]], at: datetime
) -> None:
    """What became of areas."""
    rows = [{"from_id": a, "to_id": b, "at": at, "kind": kind} for a, b, kind in follows]
    if rows:
        session.execute(insert(AreaSuccessor), rows)


# Locked in id order, as pushes lock them.
_LOCK_HOMES = text("""
    SELECT FROM household WHERE village_id = ANY (cast(:villages AS uuid[])) ORDER BY id FOR UPDATE
""")
_PLACED = text("""
    UPDATE household h SET village_id = c.village_id
      FROM grid_cell c
     WHERE c.id = h.cell_id AND c.village_id <> h.village_id
       AND h.village_id = ANY (cast(:villages AS uuid[]))
""")
_UNPLACED = text("""
    UPDATE household h SET village_id = new.became
      FROM unnest(cast(:ended AS uuid[]), cast(:became AS uuid[])) AS new (ended, became)
     WHERE h.village_id = new.ended AND h.cell_id IS NULL
""")
_LEAVING = text("""
    UPDATE household SET village_id = :became
     WHERE village_id = :village AND cell_id IS NULL AND group_no = ANY (cast(:groups AS int[]))
""")
_CLOSE_PLACINGS = text("""
    UPDATE household_placing p SET valid_to = :at
      FROM household h
     WHERE h.id = p.household_id AND p.valid_to IS NULL AND p.village_id <> h.village_id
       AND p.village_id = ANY (cast(:villages AS uuid[]))
""")
_OPEN_PLACINGS = text("""
    INSERT INTO household_placing (id, household_id, village_id, cell_id, placed_by, valid_from)
    SELECT gen_random_uuid(), h.id, h.village_id, h.cell_id, h.placed_by, :at
      FROM household h
     WHERE h.village_id = ANY (cast(:became AS uuid[]))
       AND NOT EXISTS (SELECT FROM household_placing p
                        WHERE p.household_id = h.id AND p.valid_to IS NULL)
""")


def move_homes(
    session: Session,
    villages: Collection[UUID],
    ended: Mapping[UUID, UUID],
    leaving: Leaving | None,
    became: Collection[UUID],
    at: datetime,
) -> None:
    """Households follow their cells, and unplaced ones their village; with their history.

    `villages`: where they are now; `became`: where they may be then.
    """
    session.execute(_LOCK_HOMES, {"villages": list(villages)})
    session.execute(_PLACED, {"villages": list(villages)})
    session.execute(_UNPLACED, {"ended": list(ended), "became": list(ended.values())})
    if leaving is not None:
        session.execute(
            _LEAVING,
            {
                "village": leaving.village_id,
                "became": leaving.to_id,
                "groups": sorted(leaving.groups),
            },
        )
    session.execute(_CLOSE_PLACINGS, {"villages": list(villages), "at": at})
    session.execute(_OPEN_PLACINGS, {"became": list(became), "at": at})


# A case known in two villages that become one is known there once. The only rows that a move
# deletes, and so a function of the gate that looks at what was merged at this very time.
_COLLAPSE = text("SELECT gate.collapse_places()")
# One that was known in a village as a whole is known in the new one too. The only rows that a move
# adds: through the gate again, which looks at what was split at this very time.
_SPREAD = text("SELECT gate.spread_places(cast(:ids AS uuid[]))")
_PLACES = text("""
    UPDATE dispute_place p SET village_id = coalesce(b.became, c.village_id)
      FROM dispute_place q
      LEFT JOIN grid_cell c ON c.id = q.cell_id
      LEFT JOIN unnest(cast(:ended AS uuid[]), cast(:became AS uuid[])) b (ended, became)
             ON b.ended = q.village_id
     WHERE q.village_id = ANY (cast(:villages AS uuid[]))
       AND coalesce(b.became, c.village_id) <> q.village_id
       AND (p.dispute_id, p.village_id) = (q.dispute_id, q.village_id)
""")
_DISPUTES = text("""
    UPDATE dispute d
       SET village_id = coalesce(v.became, c.village_id, d.village_id),
           area_id    = CASE WHEN d.area_id = d.village_id
                             THEN coalesce(v.became, c.village_id, d.area_id)
                             ELSE coalesce(a.became, d.area_id) END
      FROM dispute e
      LEFT JOIN grid_cell c ON c.id = e.cell_id
      LEFT JOIN unnest(cast(:ended AS uuid[]), cast(:became AS uuid[])) v (ended, became)
             ON v.ended = e.village_id
      LEFT JOIN unnest(cast(:ended AS uuid[]), cast(:became AS uuid[])) a (ended, became)
             ON a.ended = e.area_id
     WHERE d.id = e.id AND e.id = ANY (cast(:ids AS uuid[]))
""")


def move_cases(
    session: Session,
    disputes: Collection[UUID],
    between: Collection[UUID],
    villages: Collection[UUID],
    ended: Mapping[UUID, UUID],
) -> None:
    """Disputes follow their cells and villages; who holds them and until when stays as it is.

    `between`: those that a village and the new one split off from it both know from now on. Call it
    after write_successors.
    """
    became = {"ended": list(ended), "became": list(ended.values())}
    session.execute(_COLLAPSE)
    session.execute(_PLACES, {"villages": list(villages), **became})
    session.execute(_DISPUTES, {"ids": list(disputes), **became})
    session.execute(_SPREAD, {"ids": list(between)})


_OFFICES = text("""
    UPDATE office o SET area_id = new.became, lead = o.id = ANY (cast(:leading AS uuid[]))
      FROM unnest(cast(:ended AS uuid[]), cast(:became AS uuid[])) AS new (ended, became)
     WHERE o.area_id = new.ended
""")
_ASSIGNMENTS = text("""
    UPDATE assignment a SET area_id = new.became
      FROM unnest(cast(:ended AS uuid[]), cast(:became AS uuid[])) AS new (ended, became)
     WHERE a.area_id = new.ended AND (a.valid_to IS NULL OR a.valid_to > :at)
""")


def rehang(
    session: Session, ended: Mapping[UUID, UUID], leading: Collection[UUID], at: datetime
) -> None:
    """Offices and people of ended areas belong to what these became. `leading`: Offices that go on
    receiving what comes, where the other Area has none.
    """
    became = {"ended": list(ended), "became": list(ended.values())}
    session.execute(_OFFICES, {**became, "leading": list(leading)})
    session.execute(_ASSIGNMENTS, {**became, "at": at})
