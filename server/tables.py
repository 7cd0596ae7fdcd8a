"""Every table, imported once, so that metadata is whole for migrations and the drift test."""

from server.access import models as access
from server.access.accounts import models as accounts
from server.access.factors import models as factors
from server.access.federation import models as federation
from server.approvals import models as approvals
from server.attachments import models as attachments
from server.audit import models as audit
from server.disputes import models as disputes
from server.erasure import models as erasure
from server.exports.handover import models as handover
from server.figures import models as figures
from server.heartbeats import models as heartbeats
from server.households import models as households
from server.households.duplicates import models as duplicates
from server.households.links import models as links
from server.households.needs import models as needs
from server.limits import models as limits
from server.maps.measures import models as measures
from server.moves import models as moves
from server.notices import models as notices
from server.places import models as places
from server.policies import models as policies
from server.resident import models as resident
from server.retention import models as retention
from server.syncing import models as syncing
from server.syncing.status import models as alarms
from server.visits import models as visits

__all__ = [
    "access",
    "accounts",
    "alarms",
    "approvals",
    "attachments",
    "audit",
    "disputes",
    "duplicates",
    "erasure",
    "factors",
    "federation",
    "figures",
    "handover",
    "heartbeats",
    "households",
    "limits",
    "links",
    "measures",
    "moves",
    "needs",
    "notices",
    "places",
    "policies",
    "resident",
    "retention",
    "syncing",
    "visits",
]
