"""Pure rules of access: what a role is held on, and what a login and a password must be."""

from __future__ import annotations

import re
from collections.abc import Mapping

from server.access.permissions import Role

# Role → on what it is held: a cell, or a place (an Office or an Area) of this level.
HELD_ON: Mapping[Role, str] = {
    Role.GRID_WORKER: "cell",
    Role.MEDIATOR: "village",
    Role.TOWNSHIP_SUPERVISOR: "township",
    Role.COUNTY_OFFICE: "county",
    Role.SYSTEM_ADMIN: "county",
    Role.SECURITY_ADMIN: "county",
    Role.AUDIT_ADMIN: "county",
}
ADMINISTRATORS = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN})
OFFICE_KINDS = {
    "village_committee": "村民委员会",
    "mediation_committee": "调解委员会",
    "township_centre": "乡镇综治中心",
    "bureau": "县级部门",
}
SHORTEST_PASSWORD = 10
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")


def good_login(login: str) -> bool:
    """Lower-case ASCII, so that nobody can look like somebody else."""
    return bool(_LOGIN.fullmatch(login))


def good_password(password: str, login: str) -> bool:
    """Long enough, and not the login itself."""
    return SHORTEST_PASSWORD <= len(password) <= 200 and password.lower() != login
