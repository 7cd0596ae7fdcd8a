"""What a resident sees of the own case, and may do about it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from server.ladder.calendar import Remaining, last_day, local_day
from server.ladder.kinds import Actor, Event, State
from server.ladder.routing import Category, Level
from server.ladder.states import OPEN, moves_open_to
from server.resident.words import (
    NEXT_ACCEPT,
    NEXT_AT_THE_TOP,
    NEXT_HANDLE,
    NEXT_LOOKS_AFTER,
    NEXT_RATES,
    NEXT_WAS_ACCEPT,
    NEXT_WAS_HANDLE,
    NO_LEVEL_ABOVE,
    WAYS,
    Said,
)

ACTS = {
    "rating": Event.RATE,
    "request": Event.REQUEST,
    "answer": Event.GO,
    "recusal": Event.ASK_RECUSAL,
    "withdraw": Event.WITHDRAW,
    "refuse": Event.REFUSE,
}
"""What a resident may send, and the event of the ladder that it leads to."""


@dataclass(frozen=True, slots=True)
class Step:
    """One Office's span, as far as a resident is told."""

    id: UUID
    level: Level
    office: str
    telephone: str | None
    received_at: datetime
    accept_by: datetime
    handle_by: datetime
    accepted_at: datetime | None
    due_at: datetime | None
    overdue_at: datetime | None
    ended_at: datetime | None
    ended_how: str | None
    left: Remaining | None = None  # until the deadline, while it is held and time is left

    @property
    def received_on(self) -> date:
        return local_day(self.received_at)

    @property
    def accept_until(self) -> date | None:
        """The last day to take it up; None once it was."""
        waits = self.ended_at is None and self.accepted_at is None
        return last_day(self.accept_by) if waits else None

    @property
    def deadline(self) -> date:
        """The last day to handle it."""
        return last_day(self.handle_by)

    @property
    def ended_on(self) -> date | None:
        return local_day(self.ended_at) if self.ended_at else None

    @property
    def overdue(self) -> bool:
        return self.overdue_at is not None and self.ended_at is None


@dataclass(frozen=True, slots=True)
class Asked:
    """A party's request for the next level, while it is open."""

    yours: bool
    asked_at: datetime
    answer_by: datetime
    answered_at: datetime | None
    answer: str | None  # told to whoever asked, and to nobody else

    @property
    def asked_on(self) -> date:
        return local_day(self.asked_at)

    @property
    def answer_until(self) -> date:
        """The last day to answer; silence until then means that it goes up."""
        return last_day(self.answer_by)

    @property
    def answered_on(self) -> date | None:
        return local_day(self.answered_at) if self.answered_at else None


@dataclass(frozen=True, slots=True)
class Term:
    """One agreed thing that this party is to do."""

    n: int
    what: str
    due_on: date | None
    done_on: date | None


@dataclass(frozen=True, slots=True)
class Rated:
    """The newest word of this party on the present Holding."""

    rating: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OwnCase:
    """All that the holder of a code is told; nothing else is asked of the database."""

    id: UUID
    party_id: UUID
    side: str
    category: Category
    status: State
    registered_at: datetime
    alone: bool  # nobody else stands on this party's side
    joined: bool  # it goes on in the case of the same matter, and this is that one
    steps: Sequence[Step]
    asked: Asked | None
    terms: Sequence[Term]
    rated: Rated | None
    rights_told: bool
    referred_to: str | None
    ends_here: bool = False  # not satisfied, and no level is left to take it up anew

    @property
    def registered_on(self) -> date:
        return local_day(self.registered_at)

    @property
    def present(self) -> Step:
        """Who holds it, or held it last."""
        return self.steps[-1]

    @property
    def can(self) -> list[str]:
        """What this party may do now, in the order of ACTS."""
        open_to = moves_open_to(self.status, Actor.PARTY)
        return [act for act, event in ACTS.items() if event in open_to and self._may(act)]

    @property
    def next(self) -> Said | None:
        """What happens next and by when; None where nothing more does, or the time is over."""
        if self.status in OPEN:
            return self._next_of_the_holder()
        if self.status is State.SETTLED:
            return NEXT_LOOKS_AFTER
        rates = self.status is State.CLOSED and "rating" in self.can and self.rated is None
        return NEXT_RATES if rates and not self.at_the_top else None

    def _next_of_the_holder(self) -> Said | None:
        held = self.present
        if held.ended_at is not None:
            return None
        top, handled = self.at_the_top and not held.overdue, held.accept_until is None
        said = NEXT_AT_THE_TOP if top else NEXT_HANDLE if handled else NEXT_ACCEPT
        if held.overdue:
            said = NEXT_WAS_HANDLE if handled else NEXT_WAS_ACCEPT
        day = held.deadline if top or held.accept_until is None else held.accept_until
        return Said(*(text.format(day=day) for text in said))

    @property
    def ways(self) -> Sequence[Said]:
        """The legal ways, where the ladder has come to its end or mediation has."""
        ended = self.status in (State.UNSETTLED, State.REFUSED, State.REFERRED)
        if ended or self.rights_told:
            return WAYS
        if self.at_the_top:
            return (NO_LEVEL_ABOVE, *WAYS)
        return WAYS if self.ends_here else ()

    @property
    def at_the_top(self) -> bool:
        return self.present.level is Level.COUNTY

    def decides(self, act: str) -> bool:
        """Whether this is the party's to decide; of a merged case only those of the open one do,
        and nobody withdraws what others brought as well.
        """
        sides = {"withdraw": ("applicant",), "refuse": ("applicant", "respondent")}.get(act)
        if sides is None:
            return True
        return self.side in sides and not self.joined and (self.alone or act != "withdraw")

    def _may(self, act: str) -> bool:
        answered = (
            self.asked is not None and self.asked.yours and self.asked.answered_at is not None
        )
        return {
            "request": self.asked is None and not self.at_the_top,
            "answer": answered,
            "recusal": self.status in OPEN,
        }.get(act, self.decides(act))
