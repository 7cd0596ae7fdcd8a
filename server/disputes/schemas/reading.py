"""Shapes of disputes as they are read. Names and numbers of parties are masked."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from server.disputes.models import Dispute, Holding
from server.disputes.queries.counted import ENDED
from server.households.schemas import mask_name, mask_telephone
from server.ladder.kinds import State
from server.ladder.routing import Category, Level
from server.paging import PageIn, page_schema


class DisputesIn(PageIn):
    """Which disputes."""

    status = fields.String(load_default=None, validate=validate.OneOf(list(State)))
    level = fields.String(load_default=None, validate=validate.OneOf(list(Level)))
    village = fields.String(load_default=None, validate=validate.Length(equal=12))
    overdue = fields.Boolean(load_default=None)
    category = fields.String(load_default=None, validate=validate.OneOf(list(Category)))
    office = fields.UUID(load_default=None, metadata={"description": "which holds it"})
    supervised = fields.Boolean(load_default=None)
    alerted = fields.Boolean(
        load_default=None, metadata={"description": "a threat to life was told"}
    )
    joint = fields.Boolean(load_default=None, metadata={"description": "another Office helps"})
    request_open = fields.Boolean(
        load_default=None,
        metadata={"description": "a party asks for the next level and waits for an answer"},
    )
    area = fields.String(
        load_default=None,
        validate=validate.Regexp(r"[0-9]{6,12}\Z"),
        metadata={"description": "in this Area and below, as figures place a case"},
    )
    open = fields.Boolean(load_default=None, metadata={"description": "an Office holds it now"})
    held_at = fields.String(
        load_default=None,
        validate=validate.OneOf(list(Level)),
        metadata={"description": "at this level it was, and ended there as said"},
    )
    ended = fields.String(load_default=None, validate=validate.OneOf(list(ENDED)))
    since = fields.Date(
        load_default=None, data_key="from", metadata={"description": "ended on this day or later"}
    )
    until = fields.Date(
        load_default=None, data_key="to", metadata={"description": "ended on this day or before"}
    )


class _Times(Schema):
    """When it happened, when it was written down (and how well that is known), when it arrived."""

    occurred_at = fields.AwareDateTime()
    recorded_at = fields.AwareDateTime()
    received_at = fields.AwareDateTime()
    proof = fields.String()
    done_by = fields.UUID(allow_none=True)
    recorded_by = fields.UUID(allow_none=True)


class DisputeOut(_Times):
    """Where a dispute stands, and until when."""

    id = fields.UUID()
    category = fields.String()
    status = fields.String()
    level = fields.String()
    start_level = fields.String()
    office_id = fields.UUID()
    office = fields.Pluck("OfficeNameOut", "name")
    first_office_id = fields.UUID()
    due_at = fields.Method("present_due_at")
    village_id = fields.UUID(allow_none=True)
    cell_id = fields.UUID(allow_none=True)
    channel = fields.String()
    size = fields.String()
    people_concerned = fields.Integer(allow_none=True)
    related_id = fields.UUID(allow_none=True)
    relation = fields.String(allow_none=True)
    again = fields.Integer()
    disposition = fields.String(allow_none=True)
    follow_up_until = fields.AwareDateTime(allow_none=True)
    alerted_at = fields.AwareDateTime(allow_none=True)
    external_ref = fields.Method("present_external_ref")

    def present_external_ref(self, dispute: Dispute) -> dict[str, str | None] | None:
        """Under which id another platform knows it."""
        if dispute.external_system is None:
            return None
        return {"system": dispute.external_system, "id": dispute.external_id}

    def present_due_at(self, dispute: Dispute) -> str | None:
        """What bars now; null where no clock runs."""
        present: Holding | None = dispute.present
        return present.due_at.isoformat() if present and present.due_at else None


class OfficeNameOut(Schema):
    """An Office by its name."""

    name = fields.String()


class PartyOut(Schema):
    """A party, masked."""

    id = fields.UUID()
    side = fields.String()
    kind = fields.String()
    household_id = fields.UUID(allow_none=True)
    office_id = fields.UUID(allow_none=True)
    user_id = fields.UUID(allow_none=True)
    name = fields.Function(lambda party: party.name and mask_name(party.name))
    telephone = fields.Function(lambda party: mask_telephone(party.telephone))


class HoldingOut(Schema):
    """The span of one Office, with its own clock."""

    id = fields.UUID()
    n = fields.Integer()
    office_id = fields.UUID()
    level = fields.String()
    policy_id = fields.UUID()
    received_at = fields.AwareDateTime()
    accept_by = fields.AwareDateTime()
    handle_by = fields.AwareDateTime()
    due_at = fields.AwareDateTime(allow_none=True)
    begun_how = fields.String()
    accepted_at = fields.AwareDateTime(allow_none=True)
    sent_by = fields.UUID(allow_none=True)
    objection_by = fields.AwareDateTime(allow_none=True)
    objected_at = fields.AwareDateTime(allow_none=True)
    objection_decided_at = fields.AwareDateTime(allow_none=True)
    request_party_id = fields.UUID(allow_none=True)
    request_at = fields.AwareDateTime(allow_none=True)
    request_answer_by = fields.AwareDateTime(allow_none=True)
    request_answered_at = fields.AwareDateTime(allow_none=True)
    extension_asked_at = fields.AwareDateTime(allow_none=True)
    extension_answer_by = fields.AwareDateTime(allow_none=True)
    extension_declined = fields.Boolean()
    extended = fields.Boolean()
    overdue_at = fields.AwareDateTime(allow_none=True)
    ended_at = fields.AwareDateTime(allow_none=True)
    ended_how = fields.String(allow_none=True)
    climbed_from = fields.UUID(allow_none=True)


class DisputeEventOut(_Times):
    """One event. `refused` and `intended`: a note that was meant as a move."""

    id = fields.UUID()
    n = fields.Integer()
    kind = fields.String()
    from_status = fields.String(allow_none=True)
    to_status = fields.String()
    office_id = fields.UUID(allow_none=True)
    holding_id = fields.UUID(allow_none=True)
    why = fields.String(allow_none=True)
    agreement = fields.String(allow_none=True)
    referred_to = fields.String(allow_none=True)
    rights_told = fields.Boolean()
    party_id = fields.UUID(allow_none=True)
    details = fields.Raw(
        allow_none=True, metadata={"description": "ids, slugs, dates and numbers of this kind"}
    )
    refused = fields.String(allow_none=True)
    intended = fields.String(allow_none=True)
    hash = fields.Function(lambda event: bytes(event.hash).hex())


class ClaimOut(Schema):
    """What a party wants, and what became of it."""

    n = fields.Integer()
    party_id = fields.UUID(allow_none=True)
    content = fields.String()
    outcome = fields.String(allow_none=True)


class JointOut(Schema):
    """An Office that helps, or helped."""

    office_id = fields.UUID()
    since = fields.AwareDateTime()
    ended_at = fields.AwareDateTime(allow_none=True)


class SupervisionOut(Schema):
    """A supervision; no Office: the clock's. Open while `lifted_at` is empty."""

    event_id = fields.UUID()
    kind = fields.String()
    office_id = fields.UUID(allow_none=True)
    since = fields.AwareDateTime()
    until = fields.Date(allow_none=True)
    lifted_at = fields.AwareDateTime(allow_none=True)


class AgreementOut(Schema):
    """An agreement; its text is that of its event."""

    id = fields.UUID()
    event_id = fields.UUID()
    form = fields.String()
    effective_on = fields.Date()
    confirm_by = fields.Date(allow_none=True)
    confirmed_at = fields.AwareDateTime(allow_none=True)


class AgreedTermOut(Schema):
    """One thing that was agreed."""

    n = fields.Integer()
    agreement_id = fields.UUID()
    party_id = fields.UUID(allow_none=True)
    content = fields.String()
    due_on = fields.Date(allow_none=True)
    done_at = fields.AwareDateTime(allow_none=True)


class RelatedOut(Schema):
    """Another dispute; `to_it`: that one names this one."""

    id = fields.UUID()
    relation = fields.String(allow_none=True)
    status = fields.String()
    to_it = fields.Boolean()


class OpenDisputeOut(Schema):
    """A case with its whole file: story, parties, claims, Holdings, agreements and history."""

    dispute = fields.Nested(DisputeOut)
    story = fields.String(attribute="dispute.story")
    spot = fields.String(attribute="dispute.spot", allow_none=True)
    parties = fields.List(fields.Nested(PartyOut))
    claims = fields.List(fields.Nested(ClaimOut))
    holdings = fields.Function(lambda opened: _named(HoldingOut(), opened.holdings))
    joint = fields.Function(lambda opened: _named(JointOut(), opened.joint))
    supervision = fields.Function(lambda opened: _named(SupervisionOut(), opened.supervision))
    agreements = fields.List(fields.Nested(AgreementOut))
    terms = fields.List(fields.Nested(AgreedTermOut))
    related = fields.List(fields.Nested(RelatedOut))
    events = fields.List(fields.Nested(DisputeEventOut))


def _named(schema: Schema, rows: Any) -> list[dict[str, Any]]:
    """Each with the name of its Office."""
    return [{**schema.dump(row), "office": office} for row, office in rows]


DisputePageOut = page_schema(DisputeOut)
