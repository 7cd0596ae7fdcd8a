"""All SQL of changes that wait for a person."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, select, text
from sqlalchemy.orm import Session, aliased

from server.access.models import User
from server.places.models import Area
from server.syncing.models import SyncQuarantine
from server.syncing.review.errors import NotSetAside
from server.syncing.review.rules import about
from sync.judge import NOT_THE_MAKING
from sync.model import Change

Named = tuple[UUID, UUID]  # a change by device and mid

_VILLAGE_ABOUT = text("SELECT id, village_id FROM gate.village_about(cast(:ids AS uuid[]))")


def map_about(session: Session, changes: Sequence[Change]) -> Mapping[str, dict[str, Any]]:
    """Mid → `place` and `needs_id` of changes that are to be set aside."""
    abouts = {change.mid: about(change) for change in changes}
    named = [id_ for found in abouts.values() for id_ in found if id_]
    rows = session.execute(_VILLAGE_ABOUT, {"ids": named}) if named else ()
    villages = {row.id: row.village_id for row in rows}
    found = {}
    for mid, (needs, said) in abouts.items():
        village = villages.get(needs) or villages.get(said)  # of a village that is none: nowhere
        found[mid] = {"place": f"v:{village}" if village else None, "needs_id": needs}
    return found


def list_set_aside(
    *,
    state: str = "open",
    reason: str | None = None,
    author_id: UUID | None = None,
    entity: str | None = None,
) -> Select[tuple[SyncQuarantine]]:
    """Changes that were set aside; row security leaves the asker what they may see."""
    query = select(SyncQuarantine)
    if state == "open":
        query = query.where(SyncQuarantine.closed_at.is_(None))
    else:
        query = query.where(SyncQuarantine.closed_how == state)
    wanted = {
        SyncQuarantine.reason: reason,
        SyncQuarantine.author_id: author_id,
        SyncQuarantine.entity: entity,
    }
    return query.where(*(column == value for column, value in wanted.items() if value is not None))


def count_by_reason(session: Session, query: Select[tuple[SyncQuarantine]]) -> dict[str, int]:
    """Reason → how many of these."""
    found = query.subquery()
    rows = session.execute(select(found.c.reason, func.count()).group_by(found.c.reason))
    return dict(sorted(rows.tuples().all()))


def get_set_aside(session: Session, device_id: UUID, mid: UUID) -> SyncQuarantine:
    """One change. Raises NotSetAside, also where it is not in the asker's charge."""
    found = session.get(SyncQuarantine, (device_id, mid))
    if found is None:
        raise NotSetAside
    return found


def lock_set_aside(session: Session, device_id: UUID, mid: UUID) -> SyncQuarantine | None:
    """Lock one change that waits and the asker may decide about; None once somebody else has."""
    query = select(SyncQuarantine).where(
        SyncQuarantine.device_id == device_id,
        SyncQuarantine.mid == mid,
        SyncQuarantine.closed_at.is_(None),
    )
    return session.scalar(query.with_for_update())


def list_leaning(session: Session, kept: SyncQuarantine) -> Sequence[SyncQuarantine]:
    """Open changes that lean on the row of this one, in the order in which they were written."""
    query = select(SyncQuarantine).where(
        SyncQuarantine.needs_id == kept.row_id, SyncQuarantine.closed_at.is_(None)
    )
    return session.scalars(query.order_by(SyncQuarantine.device_id, SyncQuarantine.n)).all()


def find_first(session: Session, kept: SyncQuarantine, needs: UUID) -> SyncQuarantine | None:
    """The open change that would make the row on which this one leans."""
    first = aliased(SyncQuarantine)
    query = select(first).where(first.row_id == needs, *_makes_its_row(first))
    return session.scalars(query.where(first.mid != kept.mid).limit(1)).first()


def map_firsts(
    session: Session, waiting: Sequence[SyncQuarantine]
) -> Mapping[Named, Mapping[str, UUID]]:
    """Change → the open change that must be released before it, where there is one."""
    first, then = aliased(SyncQuarantine), aliased(SyncQuarantine)
    on = and_(first.row_id == then.needs_id, first.mid != then.mid, *_makes_its_row(first))
    query = select(then.device_id, then.mid, first.device_id, first.mid).join(first, on)
    rows = session.execute(query.where(then.mid.in_([q.mid for q in waiting]))).tuples()
    return {(device, mid): {"device_id": d, "mid": m} for device, mid, d, m in rows}


def _makes_its_row(first: type[SyncQuarantine]) -> list[Any]:
    """A patch leans on its own row; one whose id is taken or was deleted makes none."""
    return [
        first.closed_at.is_(None),
        first.entity.in_(["household", "dispute"]),
        first.needs_id.is_distinct_from(first.row_id),
        first.reason.not_in(NOT_THE_MAKING),
    ]


def judge_as_of(session: Session, at: datetime) -> None:
    """From here to the end of the transaction authority is judged as of `at` (gate.judged)."""
    session.execute(text("SELECT set_config('app.judged', :at, true)"), {"at": at.isoformat()})


def map_names(session: Session, ids: Iterable[UUID | None]) -> Mapping[UUID, str]:
    """User → name, of colleagues."""
    wanted = {id_ for id_ in ids if id_}
    rows = session.execute(select(User.id, User.name).where(User.id.in_(wanted)))
    return dict(rows.tuples().all())


def map_area_names(session: Session, places: Collection[str]) -> Mapping[str, str]:
    """Place ("v:…") → name of the village."""
    villages = [UUID(place[2:]) for place in places]
    rows = session.execute(select(Area.id, Area.name).where(Area.id.in_(villages)))
    return {f"v:{id_}": name for id_, name in rows.tuples()}
