"""Where disputes lie, and whether their authors served there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from server.disputes.errors import BadDispute, PlaceNotYours
from server.disputes.queries.places import find_served, map_cells, map_homes
from server.disputes.rules.fields import as_id
from server.disputes.rules.registering import NewDispute, places_of
from server.places import queries as areas
from server.places.locks import share_places

Place = tuple[UUID, UUID | None]  # village, cell


class KnownPlace(NamedTuple):
    """A place where a dispute is known, and whether its author served there."""

    village_id: UUID
    cell_id: UUID | None
    served: bool


def known_places(session: Session, new: Sequence[NewDispute]) -> list[list[KnownPlace]]:
    """Where each dispute is known. Raises BadDispute, PlaceNotYours, with `index`.

    The author served one of its villages when it was recorded; any cell of that village will do.
    """
    share_places(session)
    places = _find_places(session, new)
    asked = [
        (index, village, dispute.recorded_at)
        for index, dispute in enumerate(new)
        for village, _ in places[index]
    ]
    served = find_served(session, [(village, at) for _, village, at in asked])
    good = {asked[k][:2] for k in served}
    known = [
        [KnownPlace(village, cell, (index, village) in good) for village, cell in places[index]]
        for index in range(len(new))
    ]
    for index, of_one in enumerate(known):
        if not any(place.served for place in of_one):
            raise PlaceNotYours(index=index)
    return known


def in_present_places(session: Session, new: Sequence[NewDispute]) -> list[NewDispute]:
    """The same disputes in the villages of today: a phone that was away names those that it knew,
    before a merger, or before its cell became part of a new village.
    """
    share_places(session)
    asked = [[as_id(d.fields.get(name)) for name in ("village_id", "cell_id")] for d in new]
    present = areas.map_present(session, {village for village, _ in asked if village})
    ever = areas.map_villages_ever(session, {cell for _, cell in asked if cell})
    cells = map_cells(session, {cell for _, cell in asked if cell})
    found = []
    for dispute, (village, cell) in zip(new, asked, strict=True):
        here = present.get(village) if village else None
        if cell and cell in cells and village in ever.get(cell, ()):
            here = cells[cell][1]
        moved = here is not None and here != village
        fields = {**dispute.fields, "village_id": str(here)}
        found.append(replace(dispute, fields=fields) if moved else dispute)
    return found


def _find_places(session: Session, new: Sequence[NewDispute]) -> list[list[Place]]:
    cells = map_cells(session, {c for d in new if (c := as_id(d.fields.get("cell_id")))})
    homes = map_homes(session, {h for d in new for h in d.households})
    found = []
    for index, dispute in enumerate(new):
        cell_id, village_id = (
            as_id(dispute.fields.get(name)) for name in ("cell_id", "village_id")
        )
        cell = cells.get(cell_id) if cell_id else None
        wrong = _wrong_place(cell_id, cell, village_id, homes, dispute.households)
        if wrong:
            raise BadDispute(index=index, errors=wrong)
        lived_in = [homes[household] for household in dispute.households]
        found.append(places_of(village_id, cell, lived_in))
        if not found[-1]:
            raise BadDispute(index=index, errors={"village_id": "missing"})
    return found


def _wrong_place(
    cell_id: UUID | None,
    cell: tuple[UUID | None, UUID] | None,
    village_id: UUID | None,
    homes: Mapping[UUID, Place],
    households: Sequence[UUID],
) -> dict[str, str]:
    if cell_id and (cell is None or village_id not in (None, cell[1])):
        return {"cell_id": "other_village" if cell else "unknown_cell"}
    if not homes.keys() >= set(households):
        return {"parties": "unknown_household"}
    return {}
