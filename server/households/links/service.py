"""What becomes of households: they split, merge, move, have a second home, or end.

Nothing is rewritten: visits stay with the household they were made at, and the links lead from one
history to the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from server.audit.service import record
from server.db import Identity
from server.households import queries as households
from server.households.errors import HouseholdNotFound
from server.households.links import queries
from server.households.links.errors import BadLink, HouseholdEnded, LinkNotFound
from server.households.links.models import Link
from server.households.models import Household
from server.households.service import (
    Amendment,
    NewHousehold,
    amend_households,
    register_households,
    stamps_of,
)
from server.ids import new_ids

_OLDEST: Final = datetime(1900, 1, 1, tzinfo=UTC)  # before that it is a slip of the pen
Held = frozenset[str] | None  # the places of the author; None: any


@dataclass(frozen=True, slots=True)
class Told:
    """When it came about (None: now), and a remark, which is sealed."""

    at: datetime | None = None
    note: str | None = None


def split_household(
    session: Session,
    by: Identity,
    held: Held,
    household_id: UUID,
    new: Sequence[NewHousehold],
    told: Told,
) -> Sequence[Link]:
    """分户: one household stays, the others are made beside it, each with a link from it.

    Raises HouseholdNotFound, HouseholdEnded, BadLink and what register_households raises.
    """
    _lock_living(session, [household_id])
    register_households(session, by, held, new)
    ends: list[tuple[UUID, UUID | None]] = [(household_id, other.id) for other in new]
    return _link(session, by, "split", ends, told)


def merge_households(
    session: Session, by: Identity, held: Held, keep_id: UUID, gone: Sequence[UUID], told: Told
) -> Sequence[Link]:
    """并户: `keep_id` stays; the others end, each with a link to it.

    Raises HouseholdNotFound, HouseholdEnded or BadLink.
    """
    if keep_id in gone or len(set(gone)) < len(gone):
        raise BadLink(errors={"gone": "twice"})
    _lock_living(session, [keep_id, *gone])
    _end(session, by, held, gone)
    return _link(session, by, "merged", [(one, keep_id) for one in gone], told)


def move_household(
    session: Session,
    by: Identity,
    held: Held,
    household_id: UUID,
    to: NewHousehold,
    told: Told,
) -> Sequence[Link]:
    """搬迁: the family goes on as a new household elsewhere; the one at the old address ends.

    What `to` leaves out (head, telephone, kind, people) is taken along. Raises HouseholdNotFound,
    HouseholdEnded, BadLink and what register_households raises: the author serves both villages.
    """
    (old,) = _lock_living(session, [household_id])
    taken = {name: getattr(old, name) for name in ("head_name", "telephone", "kind", "people")}
    register_households(session, by, held, [replace(to, fields={**taken, **to.fields})])
    _end(session, by, held, [household_id])
    return _link(session, by, "moved", [(household_id, to.id)], told)


def add_second_home(
    session: Session, by: Identity, household_id: UUID, other_id: UUID, told: Told
) -> Sequence[Link]:
    """第二住所: the same people also live at `other_id`. Raises as merge_households."""
    if household_id == other_id:
        raise BadLink(errors={"other_id": "twice"})
    _lock_living(session, [household_id, other_id])
    return _link(session, by, "second_home", [(household_id, other_id)], told)


def end_household(
    session: Session, by: Identity, held: Held, household_id: UUID, told: Told
) -> Sequence[Link]:
    """注销: nobody lives there any more, and nobody knows of another address."""
    _lock_living(session, [household_id])
    _end(session, by, held, [household_id])
    return _link(session, by, "ended", [(household_id, None)], told)


def close_link(session: Session, by: Identity, link_id: UUID) -> Link:
    """A link holds no longer: a second home was given up, or an end was a mistake.

    The end of a household holds until somebody sets its state back to living. Raises LinkNotFound
    or BadLink.
    """
    link = queries.get_link(session, link_id)
    _check_sees_both(session, link)
    if link.valid_to is not None:
        raise BadLink(errors={"valid_to": "closed"})
    if link.kind != "second_home" and not _taken_back(session, link):
        raise BadLink(errors={"kind": "for_good"})
    if by.now <= link.valid_from:  # made this very instant, or the clock was set back since
        raise BadLink(errors={"valid_to": "not_after_start"})
    link.valid_to = by.now
    session.flush()
    record(session, "household.unlink", ids=[link.id])
    return link


def reveal_link(session: Session, link_id: UUID, reason: str) -> Link:
    """A link with its note, for who sees both ends; the look is written down with its reason."""
    link = queries.get_link(session, link_id)
    _check_sees_both(session, link)
    record(session, "household.reveal_link", reason=reason, ids=[link.id])
    return link


def _lock_living(session: Session, ids: Sequence[UUID]) -> list[Household]:
    """Lock households that have not ended, and give them in the order asked."""
    locked = {h.id: h for h in households.lock_households(session, ids)}
    if locked.keys() < set(ids):
        raise HouseholdNotFound
    for household in locked.values():
        session.refresh(household)
        if household.state == "ended":
            raise HouseholdEnded
    return [locked[one] for one in ids]


def _end(session: Session, by: Identity, held: Held, ids: Sequence[UUID]) -> None:
    ended = {"state": "ended"}
    amended = [Amendment(one, ended, stamps_of(ended, by)) for one in ids]
    amend_households(session, by, held, amended)


def _link(
    session: Session,
    by: Identity,
    kind: str,
    ends: Sequence[tuple[UUID, UUID | None]],
    told: Told,
) -> Sequence[Link]:
    """One link for each pair of ends, and one audit row."""
    at = told.at or by.now
    if at > by.now:
        raise BadLink(errors={"at": "in_future"})
    if at < _OLDEST:
        raise BadLink(errors={"at": "too_old"})
    rows = [
        {
            "id": made,
            "kind": kind,
            "from_id": from_id,
            "to_id": to_id,
            "valid_from": at,
            "note": told.note,
            "recorded_by": by.user_id,
            "created_at": by.now,
        }
        for made, (from_id, to_id) in zip(new_ids(by.now, 0, len(ends)), ends, strict=True)
    ]
    links = queries.insert_links(session, rows)
    record(session, f"household.link.{kind}", ids=[row["id"] for row in rows][:50], count=len(rows))
    return links


def _taken_back(session: Session, link: Link) -> bool:
    """Whether the household that the link ended lives again."""
    if link.kind not in ("merged", "moved", "ended"):
        return False
    return households.get_household(session, link.from_id).state != "ended"


def _check_sees_both(session: Session, link: Link) -> None:
    ends = {link.from_id, link.to_id} - {None}
    if queries.list_seen(session, [end for end in ends if end]) != ends:
        raise LinkNotFound
