"""Draft the cells of a village: look at it, then divide it, outside the transaction."""

from __future__ import annotations

from uuid import UUID

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from geo.draft import Houses
from server.audit.service import record
from server.moves.draft import queries
from server.moves.draft.rules import MAX_HOUSEHOLDS, Ground, bad
from server.moves.errors import NotInCharge
from server.moves.redraw.queries import find_village
from server.moves.redraw.rules import VillageNow
from server.places import queries as places


def survey_ground(session: Session, code: str, charge: frozenset[UUID] | None) -> Ground:
    """The village of this code with its shape and its households, as far as the asker sees them.

    `charge`: villages that the asker answers for; None: any. Raises AreaNotFound, NotInCharge, and
    BadPlan where it is no village, or nothing of it was ever drawn.
    """
    village = look_at(session, code)
    if charge is not None and village.id not in charge:
        raise NotInCharge
    homes = queries.list_homes(session, village.id, MAX_HOUSEHOLDS + 1)
    seen = [home for home in homes if home.lon is not None]
    groups = {home.group_no for home in homes} - {home.group_no for home in seen} - {0}
    record(session, "cell.draft", village=village.id, count=len(homes))
    return Ground(
        village=village,
        shape=shape_of(village),
        houses=Houses(
            [home.lon for home in seen],
            [home.lat for home in seen],
            group=[home.group_no for home in seen],
        ),
        without_point=len(homes) - len(seen),
        unseen=tuple(sorted(groups)),
    )


def look_at(session: Session, code: str) -> VillageNow:
    """The village of this code as it is. Raises AreaNotFound; BadPlan where it is no village."""
    area = places.get_area(session, code)
    if area.level != "village":
        raise bad("village", f"{code} 不是村。 {code} is no village.")
    return find_village(session, area)


def shape_of(village: VillageNow) -> BaseGeometry:
    """The village's own boundary where known, else what its cells cover together.

    Raises BadPlan where nothing of it was ever drawn.
    """
    if village.polygon is not None:
        return village.polygon
    drawn = [cell.polygon for cell in village.cells.values() if cell.polygon is not None]
    if not drawn:
        said = "本村没有界线，请先导入。 The village has no boundary: load one first."
        raise bad("village", said)
    return shapely.union_all(drawn)
