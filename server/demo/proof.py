"""After the month: is every visit on the server once, does each phone hold what it may and no more?

What a phone should hold is worked out here from places and assignments by plain SQL, as the
county's own hand, apart from the feed and from row security: a second opinion.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from server.demo.month import Walker
from server.syncing.entities import STORED, plain
from sync.phone import Phone


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found. Nothing wrong: both lists are empty."""

    visits_noted: int
    visits_on_server: int
    wrong_visits: list[str]
    phones: int
    wrong_phones: list[str]

    @property
    def holds(self) -> bool:
        """Whether every claim about visits and phones is true."""
        return not self.wrong_visits and not self.wrong_phones


def prove(session: Session, walkers: Sequence[Walker]) -> Proof:
    """Check every visit and every phone, as the county's own hand."""
    noted = [visit for walker in walkers for visit in walker.visits]
    on_server = _count_visits(session)
    return Proof(
        visits_noted=len(noted),
        visits_on_server=sum(on_server.values()),
        wrong_visits=[v for v in noted if on_server.get(v) != 1]
        + [v for v in on_server if v not in set(noted)],
        phones=len(walkers),
        wrong_phones=[w.post.login for w in walkers if list(_complaints(session, w))],
    )


def _count_visits(session: Session) -> dict[str, int]:
    rows = session.execute(text("SELECT cast(id AS text), count(*) FROM visit GROUP BY id"))
    return dict(rows.tuples().all())


def _complaints(session: Session, walker: Walker) -> Iterable[str]:
    phone = walker.phone.phone
    if phone.waiting() or phone.set_aside():
        yield "outbox"
    yield from differences(session, phone, walker.post.code)


def differences(session: Session, phone: Phone, cell: str) -> Iterable[str]:
    """What the phone of a cell's worker lacks, has too much, or has otherwise than the server.

    `cell` is the cell's code. Empty: the phone holds exactly what it may, field by field.
    """
    for name, ids in _may_see(session, cell).items():
        shown = {str(row.id): _fields(row) for row in STORED[name].read(session, ids)}
        held = {id_: dict(fields) for id_, fields in phone.rows(name).items()}
        if held != shown:
            either = held.keys() | shown.keys()
            yield f"{name}: {sorted(i for i in either if held.get(i) != shown.get(i))[:3]}"


def _fields(row: Any) -> dict[str, Any]:
    return {name: plain(value) for name, value in row._mapping.items() if name != "id"}


_MAY_SEE = text("""
    WITH here AS (SELECT id, village_id FROM grid_cell WHERE code = :cell),
    households AS (
        SELECT h.id FROM household h, here
         WHERE h.cell_id = here.id OR (h.cell_id IS NULL AND h.village_id = here.village_id)
    ), disputes AS (
        SELECT DISTINCT p.dispute_id AS id FROM dispute_place p, here
         WHERE p.cell_id = here.id OR (p.cell_id IS NULL AND p.village_id = here.village_id)
    )
    SELECT 'area' AS entity, a.id FROM area a, here
     WHERE a.id = here.village_id OR a.level <> 'village'
    UNION ALL SELECT 'cell', id FROM here
    UNION ALL SELECT 'household', id FROM households
    UNION ALL SELECT 'visit', v.id FROM visit v JOIN households h ON h.id = v.household_id
    UNION ALL SELECT 'dispute', id FROM disputes
    UNION ALL SELECT 'dispute_event', e.id FROM dispute_event e
                JOIN disputes d ON d.id = e.dispute_id
""")


def _may_see(session: Session, cell: str) -> Mapping[str, list[UUID]]:
    """Entity → ids of the rows that the worker of this cell may see."""
    seen: dict[str, list[UUID]] = {name: [] for name in STORED}
    for entity, id_ in session.execute(_MAY_SEE, {"cell": cell}):
        seen[entity].append(id_)
    return seen
