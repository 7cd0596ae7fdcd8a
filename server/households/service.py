"""What people do with households: register, amend, reveal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from geo.datum import Datum, to_wgs84
from server.audit.service import record
from server.db import Identity
from server.households import queries
from server.households.errors import (
    BadHousehold,
    HouseholdNotFound,
    MovesAway,
    VillageNotYours,
)
from server.households.models import Household
from server.households.rules import (
    Clues,
    PlacedBy,
    Placement,
    bare_name,
    near_address,
    normal_telephone,
    place,
    wrong_field,
)
from server.places import queries as places
from server.places.locks import share_places
from server.sealed import keyring
from sync.clock import to_ms
from sync.model import Stamp

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class NewHousehold:
    """A household as somebody made it: `fields` are those of rules.MUTABLE."""

    id: UUID
    village_id: UUID
    fields: Mapping[str, Any]
    group_no: int | None = None
    cell_id: UUID | None = None  # placed by hand
    stamps: Mapping[str, Any] = field(default_factory=dict)


def register_households(
    session: Session, by: Identity, held: frozenset[str] | None, new: Sequence[NewHousehold]
) -> None:
    """Make households and place them, set-wise. `held`: places of the author; None: any.

    A household may be made anywhere in a village that one serves, a colleague's cell included.
    Raises BadHousehold, VillageNotYours or HouseholdExists, with `index` of the first wrong one.
    """
    share_places(session)
    new = _in_present_villages(session, new)
    villages = places.find_villages(session, {household.village_id for household in new})
    for index, household in enumerate(new):
        _check_fields(index, {**household.fields, "group_no": household.group_no}, ("head_name",))
        if held is not None and f"v:{household.village_id}" not in held:
            raise VillageNotYours(index=index)
        if household.village_id not in villages:
            raise BadHousehold(index=index, errors={"village_id": "no_village"})
    _check_hands(session, new)
    points = [_true_point(household.fields.get("location")) for household in new]
    placements = _place(session, new, points)
    rows = [
        _row(household, placement, by) for household, placement in zip(new, placements, strict=True)
    ]
    queries.insert_households(session, rows, points)
    record(session, "household.create", ids=[h.id for h in new][:50], count=len(new))


def amend_households(
    session: Session, by: Identity, held: frozenset[str] | None, amended: Sequence[Amendment]
) -> None:
    """Set fields of households, set-wise; a new location places anew. `held` as above.

    Raises BadHousehold, HouseholdNotFound (or hidden) or MovesAway, with `index`: a worker does not
    move a household out of the places they hold; whoever holds both does.
    """
    for index, amendment in enumerate(amended):
        _check_fields(index, amendment.fields)
    known = {h.id: h for h in queries.lock_households(session, [a.id for a in amended])}
    for index, amendment in enumerate(amended):
        if amendment.id not in known:
            raise HouseholdNotFound(index=index)
    _amend_places(session, held, amended, known)
    for amendment in amended:
        _amend_fields(known[amendment.id], amendment)
    session.flush()
    queries.move_placings(session, list(known), by.now)
    record(session, "household.amend", ids=list(known)[:50], count=len(amended))


def stamps_of(fields: Iterable[str], by: Identity) -> dict[str, Stamp]:
    """The stamps of what is edited in a browser: the server's own time, no device, no number."""
    return dict.fromkeys(fields, Stamp(to_ms(by.now), "", 0))


def twin_keys(head_name: str, address: str) -> dict[str, Any]:
    """The keys by which likely duplicates are found: a blind one, and the address in plain form."""
    head_index = keyring().blind("household.head", bare_name(head_name))
    return {"head_index": head_index, "near_address": near_address(address)}


def reveal_household(session: Session, household_id: UUID, reason: str) -> Household:
    """One household unmasked; the look is written down with its reason."""
    household = queries.get_household(session, household_id)
    record(session, "household.reveal", reason=reason, ids=[household_id])
    return household


@dataclass(frozen=True, slots=True)
class Amendment:
    """Fields that somebody set on a household, with the stamps they carry."""

    id: UUID
    fields: Mapping[str, Any]
    stamps: Mapping[str, Any]


def _in_present_villages(session: Session, new: Sequence[NewHousehold]) -> Sequence[NewHousehold]:
    """The same households in the villages of today: a phone that was away names those it knew."""
    present = places.map_present(session, {household.village_id for household in new})
    by_hand = {household.cell_id for household in new if household.cell_id}
    ever = places.map_villages_ever(session, by_hand) if by_hand else {}
    village_of = places.map_cell_villages(session, by_hand) if by_hand else {}
    moved = []
    for household in new:
        was, cell = household.village_id, household.cell_id
        here = present.get(was, was)
        if cell and cell in village_of and was in ever.get(cell, ()):
            here = village_of[cell]
        moved.append(household if here == was else replace(household, village_id=here))
    return moved


def _check_fields(index: int, fields: Mapping[str, Any], required: Sequence[str] = ()) -> None:
    errors = {name: "missing" for name in required if not fields.get(name)}
    for name, value in fields.items():
        if wrong := wrong_field(name, value):
            errors[name] = wrong
    if errors:
        raise BadHousehold(index=index, errors=errors)


def _check_hands(session: Session, new: Sequence[NewHousehold]) -> None:
    """By hand means: in a cell of the household's own village."""
    asked = {h.cell_id for h in new if h.cell_id}
    village_of = places.map_cell_villages(session, asked) if asked else {}
    for index, household in enumerate(new):
        if household.cell_id and village_of.get(household.cell_id) != household.village_id:
            raise BadHousehold(index=index, errors={"cell_id": "not_in_village"})


def _true_point(location: Sequence[Any] | None) -> Point | None:
    """Where it truly is (WGS-84), of a raw reading [lon, lat, datum, accuracy]."""
    if location is None:
        return None
    lon, lat = to_wgs84([location[0]], [location[1]], Datum(location[2]))
    return float(lon[0]), float(lat[0])


def _place(
    session: Session, new: Sequence[NewHousehold], points: Sequence[Point | None]
) -> list[Placement]:
    with_point = [i for i, at in enumerate(points) if at is not None]
    with_group = [i for i, h in enumerate(new) if points[i] is None and h.group_no is not None]
    located = places.locate(session, [points[i] for i in with_point])  # type: ignore[misc]
    grouped = places.cells_of_groups(
        session, [(new[i].village_id, new[i].group_no or 0) for i in with_group]
    )
    at_point = {i: located.get(k) for k, i in enumerate(with_point)}
    at_group = {i: grouped[k] for k, i in enumerate(with_group)}
    return [
        _placement(household, at_point.get(i), points[i] is not None, at_group.get(i))
        for i, household in enumerate(new)
    ]


def _placement(
    household: NewHousehold,
    at_point: tuple[UUID, UUID] | None,
    has_point: bool,
    group: Any,
) -> Placement:
    if household.cell_id is not None:
        return Placement(household.cell_id, PlacedBy.HAND)
    return place(
        Clues(
            village_id=household.village_id,
            has_point=has_point,
            at_point=at_point,
            has_group=group is not None,
            cells_of_group=group.cells if group else 0,
            cell_of_group=group.cell_id if group else None,
        )
    )


def _row(household: NewHousehold, placement: Placement, by: Identity) -> dict[str, Any]:
    fields = dict(household.fields)
    return {
        "id": household.id,
        "village_id": household.village_id,
        "group_no": household.group_no,
        "head_name": fields["head_name"],
        "address": fields.get("address", ""),
        "kind": fields.get("kind", "family"),
        "state": fields.get("state", "lived_in"),
        "people": fields.get("people"),
        **twin_keys(fields["head_name"], fields.get("address", "")),
        **_telephone(fields.get("telephone")),
        **_reading(fields.get("location")),
        **_placed(placement),
        "stamps": dict(household.stamps),
        "recorded_by": by.user_id,
        "created_at": by.now,
    }


def _amend_places(
    session: Session,
    held: frozenset[str] | None,
    amended: Sequence[Amendment],
    known: Mapping[UUID, Household],
) -> None:
    """New readings, and the placings that follow from them; a person's hand is not overruled."""
    moved = [(i, a) for i, a in enumerate(amended) if "location" in a.fields]
    points = [_true_point(a.fields["location"]) for _, a in moved]
    homes = [known[a.id] for _, a in moved]
    asked = [
        NewHousehold(h.id, h.village_id, {}, h.group_no, h.cell_id if _by_hand(h) else None)
        for h in homes
    ]
    for (index, amendment), home, at, placement in zip(
        moved, homes, points, _place(session, asked, points), strict=True
    ):
        bucket = f"c:{placement.cell_id}" if placement.cell_id else f"v:{home.village_id}"
        if held is not None and bucket not in held:
            raise MovesAway(index=index)
        reading = _reading(amendment.fields["location"])
        _set(home, {**reading, "geom": queries.point_of(at), **_placed(placement)})


def _by_hand(household: Household) -> bool:
    return household.placed_by == PlacedBy.HAND


def _amend_fields(household: Household, amendment: Amendment) -> None:
    fields = {name: value for name, value in amendment.fields.items() if name != "location"}
    if "telephone" in fields:
        fields |= _telephone(fields["telephone"])
    _set(household, fields)
    if fields.keys() & {"head_name", "address"}:
        _set(household, twin_keys(household.head_name, household.address))
    household.stamps = {**household.stamps, **amendment.stamps}


def _set(household: Household, fields: Mapping[str, Any]) -> None:
    for name, value in fields.items():
        setattr(household, name, value)


def _telephone(number: str | None) -> dict[str, Any]:
    """The sealed number and the blind index that finds it."""
    blind = keyring().blind("household.telephone", normal_telephone(number)) if number else None
    return {"telephone": number, "telephone_index": blind}


def _reading(location: Sequence[Any] | None) -> dict[str, Any]:
    lon, lat, datum, accuracy = location or (None, None, None, None)
    return {"lon": lon, "lat": lat, "datum": datum, "accuracy_m": accuracy}


def _placed(placement: Placement) -> dict[str, Any]:
    return {
        "cell_id": placement.cell_id,
        "placed_by": placement.placed_by,
        "unplaced": placement.unplaced,
    }
