"""The permission table: action → role → how far it reaches. A newcomer reads this file first.

Every route names one action (`@may("household.read")`); a test fails for a route without one, and
for an action that nothing uses. How far is checked twice: by the scope that the queries get, and
by row security, which works it out by itself from the assignments.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum


class Role(StrEnum):
    """What a user is assigned as. The three administrators read no household and no case."""

    GRID_WORKER = "grid_worker"  # 网格员: serves cells
    MEDIATOR = "mediator"  # 村级调解员: a village's Office
    TOWNSHIP_SUPERVISOR = "township_supervisor"  # 乡镇主管: a township
    COUNTY_OFFICE = "county_office"  # 县级单位: the county
    SYSTEM_ADMIN = "system_admin"  # 系统管理员
    SECURITY_ADMIN = "security_admin"  # 安全管理员
    AUDIT_ADMIN = "audit_admin"  # 审计管理员


class Scope(StrEnum):
    """How far a permission reaches."""

    SELF = "self"  # what is one's own
    CELLS = "cells"  # the cells one serves and their villages' unplaced households
    AREA = "area"  # everything below the Area of one's Office
    COUNTY = "county"


_FIELD = {
    Role.GRID_WORKER: Scope.CELLS,
    Role.MEDIATOR: Scope.AREA,
    Role.TOWNSHIP_SUPERVISOR: Scope.AREA,
    Role.COUNTY_OFFICE: Scope.COUNTY,
}
_DESK = {Role.TOWNSHIP_SUPERVISOR: Scope.AREA, Role.COUNTY_OFFICE: Scope.COUNTY}
_OFFICES = {Role.MEDIATOR: Scope.AREA, **_DESK}
_ADMINISTRATORS = dict.fromkeys(
    (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN), Scope.COUNTY
)
_STAFF = {**_DESK, **_ADMINISTRATORS}
_GIVERS = {Role.TOWNSHIP_SUPERVISOR: Scope.AREA, Role.SECURITY_ADMIN: Scope.COUNTY}
_DEVICES = {**_GIVERS, Role.SYSTEM_ADMIN: Scope.COUNTY}  # a township's: of its workers
_EVERYBODY = dict.fromkeys(Role, Scope.COUNTY)

PERMISSIONS: Mapping[str, Mapping[Role, Scope]] = {
    # action                 who, and how far
    "sync.quarantine": _DESK,  # what waits for a person: set aside, or met by another edit
    "sync.reveal": _DESK,
    "sync.decide": _DESK,
    "sync.supervise": _DESK,
    "sync.county": {Role.SYSTEM_ADMIN: Scope.COUNTY, Role.COUNTY_OFFICE: Scope.COUNTY},
    "place.read": _EVERYBODY,
    "policy.read": _EVERYBODY,  # limits, and the calendar of working days
    "policy.edit": {Role.COUNTY_OFFICE: Scope.COUNTY},  # a new version, never another old one
    "calendar.edit": {Role.COUNTY_OFFICE: Scope.COUNTY},
    "household.read": _FIELD,
    "household.create": _FIELD,
    "household.amend": _FIELD,
    "household.reveal": _FIELD,
    "household.link": _OFFICES,  # split, merge, move, end; likely duplicates
    "visit.read": _FIELD,
    "visit.record": _FIELD,
    "visit.reveal": _FIELD,
    "attachment.read": _FIELD,  # with the record that it belongs to
    "attachment.add": _FIELD,
    "dispute.read": _FIELD,
    "dispute.register": _FIELD,
    "dispute.act": _OFFICES,
    "dispute.reveal": _OFFICES,  # a party's name and number, one at a time
    "dispute.code": _FIELD,  # a party's code, made and handed over in person
    "figures.read": _OFFICES,
    "export.read": _FIELD,
    "export.reveal": _DESK,
    "move.read": _DESK,
    "move.make": _DESK,  # and of which kind:
    "cell.move": _DESK,
    "assignment.move": _DESK,
    "area.move": {Role.COUNTY_OFFICE: Scope.COUNTY},
    "user.read": _STAFF,
    "user.keep": {Role.SYSTEM_ADMIN: Scope.COUNTY},  # makes, names, invites
    "user.disable": {Role.SECURITY_ADMIN: Scope.COUNTY},
    "office.keep": {Role.SYSTEM_ADMIN: Scope.COUNTY},
    "assignment.give": _GIVERS,  # which role: accounts/rules.py
    "device.look": _DEVICES,  # of somebody else
    "device.revoke": _DEVICES,
    "approval.ask": {**_DESK, Role.AUDIT_ADMIN: Scope.COUNTY},
    "approval.read": {**_DESK, Role.SECURITY_ADMIN: Scope.COUNTY, Role.AUDIT_ADMIN: Scope.COUNTY},
    "approval.decide": {Role.COUNTY_OFFICE: Scope.COUNTY, Role.SECURITY_ADMIN: Scope.COUNTY},
    "erasure.ask": {Role.COUNTY_OFFICE: Scope.COUNTY},
    "subject.export": {Role.COUNTY_OFFICE: Scope.COUNTY},  # what is kept about one person
    "erasure.decide": {Role.COUNTY_OFFICE: Scope.COUNTY},  # what becomes of a text that names them
    "factor.reset": {Role.SECURITY_ADMIN: Scope.COUNTY},  # of somebody who has lost theirs
    "audit.read": {Role.AUDIT_ADMIN: Scope.COUNTY},
    "audit.change": {Role.AUDIT_ADMIN: Scope.COUNTY},  # with a second person
    "notice.read": {Role.SYSTEM_ADMIN: Scope.COUNTY},
    "notice.retry": {Role.SYSTEM_ADMIN: Scope.COUNTY},
    "erasure.read": {Role.COUNTY_OFFICE: Scope.COUNTY},
}

# Routes for people who have not signed in.
OPEN = frozenset(
    {
        "invitation.accept",  # by the code
        *("session.open", "session.refresh", "health.read", "docs.read"),
        "page.frame",  # styles and scripts, the worker's page before anybody signs in
        *("resident.page", "resident.read", "resident.act"),  # by a party's code
    }
)


# For everybody who has signed in, whatever they hold at the moment: somebody whose last assignment
# has ended must still deliver the outbox, and hear what to drop. Rows are the gate's decision.
SIGNED_IN = frozenset(
    {
        *("session.read", "session.close", "session.prove", "factor.keep"),
        *("password.change", "device.own"),
        *("sync.news", "sync.pull", "sync.push", "sync.status"),
    }
)

# And on a device that was revoked, nothing but this.
REVOKED_DEVICE = frozenset({"session.close", "sync.news", "sync.pull", "sync.push"})

# Who must have a second factor where the county's policy asks for one (WANGGE_SECOND_FACTOR), and
# what they may do until they have: enrol, sign out, and deliver what a phone has written.
SECOND_FACTOR = frozenset(
    {
        *(Role.TOWNSHIP_SUPERVISOR, Role.COUNTY_OFFICE),
        *(Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN),
    }
)
ENROLLING = frozenset(
    {
        *("session.read", "session.close", "session.prove", "factor.keep"),
        *("sync.news", "sync.push"),
    }
)


def scope_of(action: str, roles: Collection[str]) -> Scope | None:
    """How far somebody with these roles may do this; None: not at all. The widest role decides."""
    if action in SIGNED_IN:
        return Scope.SELF
    reach = [scope for role, scope in PERMISSIONS[action].items() if role in roles]
    return max(reach, key=list(Scope).index, default=None)
