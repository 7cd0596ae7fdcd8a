"""Shapes of sync in numbers. The same for a worker and for whoever is in charge of them."""

from __future__ import annotations

from marshmallow import Schema, fields

from server.paging import page_schema


class ReasonOut(Schema):
    """How many were not taken for one reason, why that is, and what to do."""

    status = fields.String()
    reason = fields.String(allow_none=True)
    n = fields.Integer()
    text = fields.String()
    remedy = fields.String()


class UnsentOut(Schema):
    """What a phone said at `told_at` that it holds. `text`, `remedy`: where anything waits."""

    changes = fields.Integer()
    rejected = fields.Integer()
    files = fields.Integer(allow_none=True)
    oldest_at = fields.AwareDateTime(allow_none=True)
    told_at = fields.AwareDateTime()
    text = fields.String(allow_none=True)
    remedy = fields.String(allow_none=True)


class PhoneOut(Schema):
    """One phone. `received` counts from its first change on, the others those of the last days.

    `unsent`: as it reported last; null: it has never told, which is not the same as nothing.
    """

    device_id = fields.UUID()
    name = fields.String()
    revoked = fields.Boolean()
    heard_at = fields.AwareDateTime(allow_none=True)
    next_n = fields.Integer()
    received = fields.Integer()
    counted = fields.Integer()
    set_aside = fields.Integer()
    rejected = fields.Integer()
    claimed = fields.Integer()
    open = fields.Integer()
    released = fields.Integer()
    closed = fields.Integer()
    conflicts = fields.Integer()
    reasons = fields.List(fields.Nested(ReasonOut))
    unsent = fields.Nested(UnsentOut, allow_none=True)


class AlarmOut(Schema):
    """What happened to a phone that somebody ought to look at."""

    device_id = fields.UUID()
    kind = fields.String()
    text = fields.String()
    first_at = fields.AwareDateTime()
    last_at = fields.AwareDateTime()
    times = fields.Integer()
    details = fields.Dict(keys=fields.String())


class _UserOut(Schema):
    rows = fields.Integer()
    bytes = fields.Integer()
    phones = fields.List(fields.Nested(PhoneOut))
    alarms = fields.List(fields.Nested(AlarmOut))


class RecordOut(Schema):
    """One record that is not counted, or was not: why, what to do, and what became of it."""

    mid = fields.UUID()
    device_id = fields.UUID()
    n = fields.Integer()
    entity = fields.String()
    row_id = fields.UUID()
    reason = fields.String()
    text = fields.String()
    remedy = fields.String()
    received_at = fields.AwareDateTime()
    closed_at = fields.AwareDateTime(allow_none=True)
    how = fields.String(allow_none=True)
    why = fields.String(allow_none=True)


class StatusOut(_UserOut):
    """One's own: numbers by phone, `waiting` for a person, and `decided` of late."""

    days = fields.Integer()
    waiting = fields.List(fields.Nested(RecordOut))
    decided = fields.List(fields.Nested(RecordOut))


class WorkerOut(_UserOut):
    """Somebody in one's charge, with the numbers that they see too."""

    id = fields.UUID()
    login = fields.String()
    name = fields.String()
    area = fields.String()


WorkerPageOut = page_schema(WorkerOut)


class KindOut(Schema):
    """On how many phones an alarm of this kind was raised."""

    kind = fields.String()
    phones = fields.Integer()
    text = fields.String()


class TotalsOut(Schema):
    """The county in numbers; `silent`: phones that sent and told nothing for so many days.

    As phones reported last: `holding` ones hold `unsent` changes in all; `untold` ones delivered
    something and never reported.
    """

    days = fields.Integer()
    phones = fields.Integer()
    silent = fields.Integer()
    received = fields.Integer()
    counted = fields.Integer()
    set_aside = fields.Integer()
    rejected = fields.Integer()
    claimed = fields.Integer()
    open = fields.Integer()
    conflicts = fields.Integer()
    untold = fields.Integer()
    holding = fields.Integer()
    unsent = fields.Integer()
    reasons = fields.List(fields.Nested(ReasonOut))
    alarms = fields.List(fields.Nested(KindOut))
