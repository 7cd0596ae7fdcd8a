"""Every table, imported once, so that metadata is whole for migrations and the drift test."""

from server.access import models as access
from server.audit import models as audit
from server.households import models as households
from server.places import models as places
from server.syncing import models as syncing
from server.visits import models as visits

__all__ = ["access", "audit", "households", "places", "syncing", "visits"]
