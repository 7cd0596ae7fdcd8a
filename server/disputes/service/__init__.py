"""What people and the clock do with disputes: register, act, read, climb, verify."""

from server.disputes.rules.events import NewEvent
from server.disputes.rules.registering import NewDispute
from server.disputes.service.acting import act, act_as_party, append_events
from server.disputes.service.climbing import climb
from server.disputes.service.history import Broken, open_dispute, reveal_party, verify_chain
from server.disputes.service.registering import register_dispute, register_disputes

__all__ = [
    "Broken",
    "NewDispute",
    "NewEvent",
    "act",
    "act_as_party",
    "append_events",
    "climb",
    "open_dispute",
    "register_dispute",
    "register_disputes",
    "reveal_party",
    "verify_chain",
]
