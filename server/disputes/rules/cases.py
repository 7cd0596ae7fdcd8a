"""A case under lock, as an act finds it and leaves it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from server.ladder.clocks import Asked, Deadlines, due_at
from server.ladder.kinds import Event, State
from server.ladder.routing import Category, Level

WITHDRAWN_CLIMB = "withdrawn_climb"  # how a Holding ended that never counted


@dataclass(frozen=True, slots=True)
class Served:
    """An Office that somebody acted for at the time of an act."""

    office_id: UUID
    level: Level
    leads: bool
    covers: bool  # the case lies in its Area


@dataclass(frozen=True, slots=True)
class Receiver:
    """The Office that receives a case. `stands_in`: it does so for one below that has nobody."""

    office_id: UUID
    level: Level
    stands_in: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """An Office that an act names, and the code of its Area."""

    office_id: UUID
    level: Level
    code: str
    manned: bool  # somebody acts for it now


@dataclass(frozen=True, slots=True)
class Watch:
    """A supervision in force. `level`: of the Office that opened it; None: the clock did."""

    kind: str
    level: Level | None


@dataclass(slots=True)
class Held:
    """One Holding of a case, while an act is being worked out: the columns of its row."""

    id: UUID
    n: int
    office_id: UUID
    level: Level
    policy_id: UUID
    begun_at: datetime  # when what began it was recorded
    received_at: datetime
    deadlines: Deadlines
    code: str = ""  # of its Office's Area
    accepted_at: datetime | None = None
    extension_asked_at: datetime | None = None
    extension_answer_by: datetime | None = None
    extension_declined: bool = False
    extended: bool = False
    overdue_at: datetime | None = None
    ended_at: datetime | None = None
    ended_how: str | None = None
    climbed_from: UUID | None = None
    begun_how: str = Event.REGISTER.value
    sent_by: UUID | None = None
    objection_by: datetime | None = None
    objected_at: datetime | None = None
    objection_decided_at: datetime | None = None
    request_party_id: UUID | None = None
    request_at: datetime | None = None
    request_answer_by: datetime | None = None
    request_answered_at: datetime | None = None
    warned_at: datetime | None = None
    due_at: datetime | None = None  # as it was read
    left_in: State = State.REGISTERED  # where the case stood when it climbed from here

    @property
    def withdrawn(self) -> bool:
        """It began by a climb that counts as never made."""
        return self.ended_how == WITHDRAWN_CLIMB

    @property
    def asked(self) -> Asked:
        """What waits for an answer, and until when."""
        extension_open = not (self.extended or self.extension_declined)
        request_open = self.request_answered_at is None
        return Asked(
            self.extension_answer_by if extension_open else None,
            self.request_answer_by if request_open else None,
        )

    def bar(self, state: State) -> datetime | None:
        """What bars in this state, whether it has ended or not."""
        return due_at(state, self.deadlines, self.asked)


@dataclass(slots=True)
class Case:
    """A dispute under lock, with all its Holdings in their order."""

    id: UUID
    category: Category
    area_code: str
    status: State
    holdings: list[Held]
    places: Collection[str] = ()  # codes of its villages
    parties: Collection[UUID] = ()
    joint: dict[UUID, UUID] = field(default_factory=dict)  # Office → the event that joined it
    supervised: dict[UUID, Watch] = field(default_factory=dict)  # by the event that began it
    open_terms: set[int] = field(default_factory=set)  # of the last agreement
    last_term: int = 0
    court_open: bool = False  # the last agreement is written, and nobody asked the court yet
    same_open: bool = False  # the same matter goes on in an open case
    head_is_party: bool = False  # of the Office that holds it
    recused: Collection[UUID] = ()  # Offices that are passed over
    acted: bool = False  # somebody moved it since its last Holding began
    disposition: str | None = None
    follow_up_until: datetime | None = None
    alerted_at: datetime | None = None

    @property
    def held(self) -> Held:
        """The last Holding that counts."""
        return next(held for held in reversed(self.holdings) if not held.withdrawn)

    @property
    def due_at(self) -> datetime | None:
        """What bars now."""
        return None if self.held.ended_at else self.held.bar(self.status)

    def before(self, held: Held) -> Held | None:
        """The Holding before this one, of those that count."""
        earlier = [one for one in self.holdings if one.n < held.n and not one.withdrawn]
        return earlier[-1] if earlier else None

    def liftable(self, kind: str | None, level: Level | None) -> list[UUID]:
        """The supervisions of this kind (None: any) that an Office on `level` may lift: none from
        above it, and none for being overdue while the case is so.
        """
        overdue = self.held.overdue_at is not None and self.held.ended_at is None
        return [
            began
            for began, watch in self.supervised.items()
            if kind in (None, watch.kind)
            and (not overdue if watch.level is None else _reaches(level, watch.level))
        ]

    def covered_by(self, code: str) -> bool:
        """Whether some of its places lie in the Area of this code."""
        return any(place.startswith(code) for place in self.places or (self.area_code,))


def _reaches(level: Level | None, up_to: Level) -> bool:
    return level is not None and level.digits <= up_to.digits


Receivers = Mapping[tuple[UUID, Level], Receiver]
"""(case, level) → the Office that receives it there, or above where that one has nobody."""
