"""One case as its page tells it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Response
from sqlalchemy.orm import Session

from server.access.door import Asker, asker
from server.attachments import queries as attachments
from server.attachments.models import Attachment
from server.console.county.desk.timeline import Span, ids_in, timeline
from server.console.county.desk.words import summed_up, word
from server.console.frame.pages import shown
from server.console.frame.time_left import TimeLeft, time_left
from server.db import transaction
from server.disputes import service
from server.disputes.models import Dispute
from server.disputes.queries import desk
from server.disputes.rules.cases import WITHDRAWN_CLIMB
from server.disputes.schemas.reading import PartyOut
from server.disputes.service.history import OpenDispute
from server.disputes.service.offering import Offers, offer
from server.errors import TryLater, WanggeError
from server.households import queries as households
from server.households.schemas import mask_name
from server.ladder.calendar import local_day
from server.policies import service as policies
from server.problems import status_of


@dataclass(frozen=True, slots=True)
class Case:
    """What the page shows. `parties` are masked; `names` of users, Offices and places by id."""

    file: OpenDispute
    offers: Offers
    parties: Sequence[Mapping[str, Any]]
    called: Mapping[UUID, str]  # party → how it is called here
    names: Mapping[UUID, str]
    left: TimeLeft | None
    spans: Sequence[Span]
    attachments: Sequence[Attachment]
    last: int  # the number of its last event

    @property
    def dispute(self) -> Dispute:
        """The case itself."""
        return self.file.dispute

    @property
    def passed(self) -> list[str]:
        """The levels that have held it."""
        return [h.level for h, _office in self.file.holdings if h.ended_how != WITHDRAWN_CLIMB]

    @property
    def is_open(self) -> bool:
        """An Office holds it now."""
        return self.dispute.present is not None


def read_case(session: Session, me: Asker, dispute_id: UUID) -> Case:
    """One case with what the asker may do with it; the look is written down. Raises
    DisputeNotFound.
    """
    now = me.identity.now
    file = service.open_dispute(session, dispute_id)
    offers = offer(session, me.identity, dispute_id, file.events)
    first = min([held.received_at for held, _office in file.holdings], default=now)
    calendar = policies.calendar(session, local_day(first))
    names = desk.map_names(session, ids_in(file) | {id_ for id_ in (me.user_id,) if id_})
    parties = _parties(session, file)
    called = {UUID(party["id"]): _called(party) for party in parties}
    return Case(
        file,
        offers,
        parties,
        called,
        names,
        time_left(calendar, now, _due(file.dispute)),
        timeline(file, names, called, calendar, now),
        attachments.list_of(session, _owners(file)),
        file.events[-1].n if file.events else 0,
    )


def case_page(dispute_id: UUID, trouble: WanggeError | None = None) -> Response:
    """The page of a case, with what went wrong on it, if something did. Raises DisputeNotFound."""
    with transaction(asker().identity) as session:
        case = read_case(session, asker(), dispute_id)
    status = status_of(type(trouble)) if trouble else HTTPStatus.OK
    answer = shown("desk/case.html", status, case=case, trouble=summed_up(trouble), plain=None)
    if isinstance(trouble, TryLater):
        answer.headers["Retry-After"] = str(trouble.retry_after)
    return answer


def _due(dispute: Dispute) -> datetime | None:
    return dispute.present.due_at if dispute.present else dispute.follow_up_until


def _parties(session: Session, file: OpenDispute) -> list[dict[str, Any]]:
    """Masked; a household that is named by no other name by its head's."""
    told: list[dict[str, Any]] = PartyOut(many=True).dump(file.parties)
    homes = {party.household_id for party in file.parties if party.household_id}
    heads = households.map_heads(session, homes) if homes else {}
    for party, row in zip(told, file.parties, strict=True):
        head = heads.get(row.household_id) if row.household_id else None
        party["called"] = party["name"] or (mask_name(head) if head else None)
    return told


def _called(party: Mapping[str, Any]) -> str:
    return f"{word('side', party['side'])} {party['called'] or ''}".strip()


def _owners(file: OpenDispute) -> list[UUID]:
    events = [event.id for event in file.events]
    return [file.dispute.id, *events, *(one.id for one in file.agreements)]
