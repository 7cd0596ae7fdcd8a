"""Shapes of disputes as they are read. Names and numbers of parties are masked."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from server.disputes.models import Dispute, Holding
from server.households.schemas import mask_name, mask_telephone
from server.ladder.kinds import State
from server.ladder.routing import Level
from server.paging import PageIn, page_schema


class DisputesIn(PageIn):
    """Which disputes."""

    status = fields.String(load_default=None, validate=validate.OneOf(list(State)))
    level = fields.String(load_default=None, validate=validate.OneOf(list(Level)))
    village = fields.String(load_default=None, validate=validate.Length(equal=12))
    overdue = fields.Boolean(load_default=None)


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
    related_id = fields.UUID(allow_none=True)

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
    accepted_at = fields.AwareDateTime(allow_none=True)
    extension_asked_at = fields.AwareDateTime(allow_none=True)
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
    refused = fields.String(allow_none=True)
    intended = fields.String(allow_none=True)
    hash = fields.Function(lambda event: bytes(event.hash).hex())


class OpenDisputeOut(Schema):
    """A case with its story, parties, Holdings and history."""

    dispute = fields.Nested(DisputeOut)
    story = fields.String(attribute="dispute.story")
    parties = fields.List(fields.Nested(PartyOut))
    holdings = fields.Method("named_holdings")
    events = fields.List(fields.Nested(DisputeEventOut))

    def named_holdings(self, opened: Any) -> list[dict[str, Any]]:
        """Holdings, each with the name of its Office."""
        schema = HoldingOut()
        return [{**schema.dump(holding), "office": office} for holding, office in opened.holdings]


DisputePageOut = page_schema(DisputeOut)
