"""Pages of the desk."""

from __future__ import annotations

from contextlib import suppress
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Response, redirect, request
from sqlalchemy.orm import Session

from server.access.door import Asker, asker, may
from server.access.schemas import RevealIn
from server.audit.service import record
from server.console.county.desk import new, papers, words
from server.console.county.desk.acts import ACTS, MUST_SAY
from server.console.county.desk.case import Case, case_page, read_case
from server.console.county.desk.errors import MovedMeanwhile, SentBefore
from server.console.county.desk.listing import read_listing
from server.console.county.desk.sent import ROWS_OF_TERMS, Typed, event_in
from server.console.county.desk.sheet import MOST, workbook
from server.console.frame.forms import filled, loaded, whole
from server.console.frame.pages import blueprint, shown
from server.db import AlreadyThere, transaction
from server.disputes import service
from server.disputes.errors import DisputeNotFound, MoveRefused
from server.disputes.queries import desk
from server.disputes.rules.events import NewEvent
from server.disputes.schemas.desk import DeskIn
from server.errors import NotFound, WanggeError
from server.exports.catalogue import MEDIA, Format
from server.households import service as households
from server.households.errors import HouseholdNotFound
from server.ladder.calendar import local_day
from server.ladder.kinds import Event
from server.problems import status_of

pages = blueprint("desk", __name__)
pages.context_processor(
    lambda: {
        "word": words.word,
        "choices": words.choices,
        "short_number": words.short_number,
        "acts": ACTS,
        "Event": Event,
    }
)
new.expose(pages)
papers.expose(pages)


@pages.get("/disputes")
@may("dispute.act")
def list_cases() -> Response:
    """Cases by what must happen next and by when."""
    asked = loaded(DeskIn(), filled(request.args.to_dict()))
    with transaction(asker().identity) as session:
        listing = read_listing(session, asker(), asked)
    return shown("desk/list.html", listing=listing)


@pages.get("/disputes.xlsx")
@may("dispute.act")
def export_list() -> Response:
    """The same list as a workbook; that somebody took it along is written down."""
    asked = loaded(DeskIn(), filled(request.args.to_dict())) | {"page": 1}
    with transaction(asker().identity) as session:
        listing = read_listing(session, asker(), asked, MOST)
        record(session, "export.read", export="desk", format="xlsx", rows=len(listing.lines))
    answer = Response(workbook(listing.lines, listing.total), content_type=MEDIA[Format.XLSX])
    name = f"disputes-{local_day(asker().identity.now)}.xlsx"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return _no_store(answer)


@pages.get("/disputes/<uuid:dispute_id>")
@may("dispute.act")
def show_case(dispute_id: UUID) -> Response:
    """One case; what is masked stays so. The look is written down."""
    return case_page(dispute_id)


@pages.post("/disputes/<uuid:dispute_id>/parties/<uuid:party_id>/reveal")
@may("dispute.reveal")
def reveal_party(dispute_id: UUID, party_id: UUID) -> Response:
    """The case with one party unmasked, this once. Who looked, when and why is kept."""
    try:
        asked = loaded(RevealIn(), filled({"reason": request.form.get("reason", "")}))
        with transaction(asker().identity) as session:
            plain = _plain(session, dispute_id, party_id, asked["reason"])
            case = read_case(session, asker(), dispute_id)
    except NotFound:
        raise
    except WanggeError as error:
        return case_page(dispute_id, error)
    return _no_store(shown("desk/case.html", case=case, plain=plain))


@pages.get("/disputes/<uuid:dispute_id>/<event>")
@may("dispute.act")
def show_act(dispute_id: UUID, event: str) -> Response:
    """The form of one act; where it is not open, why."""
    wanted = _event(event)
    with transaction(asker().identity) as session:
        case = read_case(session, asker(), dispute_id)
    return _form(case, wanted, Typed())


@pages.post("/disputes/<uuid:dispute_id>/<event>")
@may("dispute.act")
def act(dispute_id: UUID, event: str) -> Any:
    """Do it. Sent twice it is done once; what the ladder refuses is said on the form again."""
    wanted, typed, me = _event(event), Typed(request.form), asker()
    try:
        _do(me, event_in(typed, dispute_id, wanted, me.identity.now), typed)
    except DisputeNotFound:
        raise
    except WanggeError as error:
        with transaction(me.identity) as session:
            case = read_case(session, me, dispute_id)
        return _form(case, wanted, typed, error)
    if wanted is Event.RECUSE:  # who steps aside sees it no more
        return redirect("/disputes?done=recuse", HTTPStatus.SEE_OTHER)
    told = urlencode({"done": wanted.value})
    return redirect(f"/disputes/{dispute_id}?{told}", HTTPStatus.SEE_OTHER)


def _plain(session: Session, dispute_id: UUID, party_id: UUID, reason: str) -> dict[str, Any]:
    """A party's name and number; of a household without a name of its own, those of its head."""
    party = service.reveal_party(session, dispute_id, party_id, reason)
    told = {"id": party.id, "name": party.name, "telephone": party.telephone}
    if party.household_id and not party.name:
        with suppress(HouseholdNotFound):
            home = households.reveal_household(session, party.household_id, reason)
            told |= {"name": home.head_name, "telephone": party.telephone or home.telephone}
    return told


def _do(me: Asker, new_event: NewEvent, typed: Typed) -> None:
    try:
        with transaction(me.identity) as session:
            if not _is_done(session, me, new_event):
                _check_seen(session, new_event, typed)
                service.act(session, me.identity, new_event)
    except AlreadyThere as error:  # sent twice at once; or the id is another's
        with transaction(me.identity) as session:
            if not _is_done(session, me, new_event):
                raise SentBefore from error


def _check_seen(session: Session, new_event: NewEvent, typed: Typed) -> None:
    seen = whole(typed.get("seen", ""))
    last = desk.find_last_event(session, new_event.dispute_id)
    if seen is not None and seen < last and new_event.fields["event"] not in _ANY_TIME:
        raise MovedMeanwhile


def _is_done(session: Session, me: Asker, new_event: NewEvent) -> bool:
    """Whether it was sent before, as it is. Raises SentBefore: with something else in it."""
    found = desk.find_own_event(session, new_event.dispute_id, new_event.id, me.user_id)
    if found is None:
        return False
    fields = new_event.fields
    for said, kept in ((fields["event"], found.kind), (fields.get("why"), found.why)):
        if (said or "") != (kept or ""):
            raise SentBefore
    return True


_ANY_TIME = (Event.NOTE, Event.ALERT)


def _form(case: Case, event: Event, typed: Typed, trouble: WanggeError | None = None) -> Response:
    refusal = case.offers.refused.get(event)
    if trouble is None and refusal:
        trouble = MoveRefused(f"{refusal.zh} {refusal.en}", errors={"event": refusal.slug})
    status = status_of(type(trouble)) if trouble else HTTPStatus.OK
    seen = whole(typed.get("seen", ""))
    return shown(
        "desk/act.html",
        status,
        case=case,
        event=event,
        act=ACTS[event],
        offer=case.offers.open.get(event),
        typed=typed,
        form_id=None if isinstance(trouble, SentBefore) else typed.get("id"),
        wrong=words.beside(trouble),
        trouble=words.summed_up(trouble),
        since=[e for e in case.file.events if seen is not None and e.n > seen],
        rows_of_terms=ROWS_OF_TERMS,
        must_say=MUST_SAY,
        me=asker().user_id,
    )


def _event(slug: str) -> Event:
    found = next((event for event in ACTS if event.value == slug.replace("-", "_")), None)
    if found is None:
        raise DisputeNotFound
    return found


def _no_store(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    return answer
