"""Every table, imported once, so that metadata is whole for migrations and the drift test."""

from server.access import models as access
from server.audit import models as audit
from server.disputes import models as disputes
from server.heartbeats import models as heartbeats
from server.households import models as households
from server.places import models as places
from server.policies import models as policies
from server.syncing import models as syncing
from server.visits import models as visits

__all__ = [
    "access",
    "audit",
    "disputes",
    "heartbeats",
    "households",
    "places",
    "policies",
    "syncing",
    "visits",
]
