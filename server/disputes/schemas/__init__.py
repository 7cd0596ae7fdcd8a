"""Shapes of disputes: what is sent, and what is read."""

from server.disputes.schemas.acting import EventIn
from server.disputes.schemas.reading import (
    DisputeOut,
    DisputePageOut,
    DisputesIn,
    OpenDisputeOut,
)
from server.disputes.schemas.registering import DisputeIn

__all__ = [
    "DisputeIn",
    "DisputeOut",
    "DisputePageOut",
    "DisputesIn",
    "EventIn",
    "OpenDisputeOut",
]
