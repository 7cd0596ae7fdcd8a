"""The dispute file's form: its words, what a new dispute may hold, and what an act may say."""

from server.disputes.rules.events import (
    EVENT_FIELDS,
    supplied,
    wrong_event,
)
from server.disputes.rules.fields import MAX_TEXT, as_id
from server.disputes.rules.kept import kept_in_event, said_in, terms_of
from server.disputes.rules.registering import (
    DISPUTE_FIELDS,
    MAX_PARTIES,
    NewDispute,
    places_of,
    unnamed,
    wrong_dispute,
)
from server.disputes.rules.words import (
    AGREEMENT_FORMS,
    CHANNELS,
    DISPOSITIONS,
    OUTCOMES,
    PARTY_KINDS,
    PARTY_SIDES,
    RATINGS,
    REFERRED_TO,
    RELATIONS,
    SENT,
    SENT_BY_PARTY,
    SIZES,
    SUPERVISION_KINDS,
)

__all__ = [
    "AGREEMENT_FORMS",
    "CHANNELS",
    "DISPOSITIONS",
    "DISPUTE_FIELDS",
    "EVENT_FIELDS",
    "MAX_PARTIES",
    "MAX_TEXT",
    "OUTCOMES",
    "PARTY_KINDS",
    "PARTY_SIDES",
    "RATINGS",
    "REFERRED_TO",
    "RELATIONS",
    "SENT",
    "SENT_BY_PARTY",
    "SIZES",
    "SUPERVISION_KINDS",
    "NewDispute",
    "as_id",
    "kept_in_event",
    "places_of",
    "said_in",
    "supplied",
    "terms_of",
    "unnamed",
    "wrong_dispute",
    "wrong_event",
]
