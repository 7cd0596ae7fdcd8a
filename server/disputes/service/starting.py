"""Where new disputes start: on which level, and which Office receives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from server.disputes.errors import BadDispute, NoOffice
from server.disputes.queries.places import Way, map_area_ids, map_receivers, map_village_codes
from server.disputes.rules.cases import Receiver
from server.disputes.rules.registering import NewDispute, starts_at
from server.disputes.service.clocks import Clocks
from server.disputes.service.places import KnownPlace
from server.disputes.service.recusing import find_at_registration
from server.ids import new_id
from server.ladder.errors import LadderError
from server.ladder.policy import Policy, route_for, start_for
from server.ladder.routing import Category, Start, starting_level


@dataclass(frozen=True, slots=True)
class Routed:
    """A new dispute with where it lies and who receives it."""

    new: NewDispute
    places: Sequence[KnownPlace]
    start: Start
    area_id: UUID
    receiver: Receiver
    holding_id: UUID


def route(
    session: Session,
    clocks: Clocks,
    new: Sequence[NewDispute],
    places: Sequence[Sequence[KnownPlace]],
    parties: Sequence[Mapping[str, Any]],
) -> list[Routed]:
    """Each starts at the lowest level that covers its place and all its parties, not below what its
    category or its author says; the Office there receives it, or the next one above that has
    somebody and need not step aside.

    `parties`: their rows, not yet written. Raises BadDispute or NoOffice with `index`; NoPolicy.
    """
    starts = _starts(session, clocks.in_force.policy, new, places)
    ways = {dispute.id: way for dispute, (_, way) in zip(new, starts, strict=True)}
    areas = map_area_ids(session, {start.area_code for start, _ in starts})
    receivers = map_receivers(session, ways.values(), clocks.at)
    past = find_at_registration(session, ways, parties, clocks.at)
    routed = []
    for index, (dispute, (start, way)) in enumerate(zip(new, starts, strict=True)):
        receiver = past.get(dispute.id, receivers.get(way))
        if receiver is None:
            raise NoOffice(index=index)
        area_id, holding_id = areas[start.area_code], new_id(clocks.at)
        routed.append(Routed(dispute, places[index], start, area_id, receiver, holding_id))
    return routed


def _starts(
    session: Session,
    policy: Policy,
    new: Sequence[NewDispute],
    places: Sequence[Sequence[KnownPlace]],
) -> list[tuple[Start, Way]]:
    codes = map_village_codes(session, {place.village_id for at in places for place in at})
    starts = []
    for index, (dispute, at) in enumerate(zip(new, places, strict=True)):
        category = Category(dispute.fields["category"])
        lowest = starts_at(start_for(policy, category), dispute.fields.get("start_level"))
        kind = route_for(policy, category)
        try:
            start = starting_level(lowest, [codes[place.village_id] for place in at])
        except (KeyError, LadderError) as error:
            raise BadDispute(index=index, errors={"village_id": "unknown_village"}) from error
        starts.append((start, Way(start.area_code, start.level, kind.value if kind else None)))
    return starts
