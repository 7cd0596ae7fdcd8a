"""SQL of the search."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Row, func, or_
from sqlalchemy.orm import Session, aliased

from server.households.models import Household
from server.households.queries import list_households
from server.places.models import Area, GridCell


def find_households(
    session: Session,
    places: Collection[str] | None,
    head_index: bytes,
    address: str,
    limit: int,
) -> Sequence[Row[Any]]:
    """(Household, code of its village, name of it, code of its cell, lon, lat in WGS-84) of those
    with this head or with these words in their address, within `places` (None: the county).
    """
    village, cell = aliased(Area), aliased(GridCell)
    query = (
        list_households(places)
        .add_columns(
            village.code.label("village"),
            village.name.label("village_name"),
            cell.code.label("cell"),
            func.ST_X(Household.geom).label("lon"),
            func.ST_Y(Household.geom).label("lat"),
        )
        .join(village, village.id == Household.village_id)
        .outerjoin(cell, cell.id == Household.cell_id)
        .where(Household.state != "ended")
        .where(
            or_(
                Household.head_index == head_index,
                Household.address.contains(address, autoescape=True),
            )
        )
        .order_by(Household.head_index == head_index, Household.id)
    )
    return session.execute(query.limit(limit)).all()
