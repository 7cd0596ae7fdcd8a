"""The audit over HTTP, for the audit administrator alone."""

from __future__ import annotations

from typing import Any

from server.access.door import asker, fresh, may
from server.audit.models import AuditSetting
from server.bodies import Blueprint
from server.db import transaction
from server.oversight import service
from server.oversight.schemas import (
    ActPageOut,
    ActsIn,
    AuditSettingsIn,
    AuditSettingsOut,
    HeadPageOut,
    HeadsIn,
)

blp = Blueprint("audit", __name__, url_prefix="/audit", description="审计 The audit")


@blp.route("/acts", methods=["GET"])
@may("audit.read")
@blp.arguments(ActsIn, location="query")
@blp.response(200, ActPageOut)
def list_acts(asked: dict[str, Any]) -> dict[str, Any]:
    """Who did what, and when, the newest first. Reading it is an act as well."""
    me = asker().identity
    with transaction(me) as session:
        return service.list_acts(session, me, asked)


@blp.route("/heads", methods=["GET"])
@may("audit.read")
@blp.arguments(HeadsIn, location="query")
@blp.response(200, HeadPageOut)
def list_heads(asked: dict[str, Any]) -> dict[str, Any]:
    """Signed heads of the chain. Copies outside this server are what proves."""
    with transaction(asker().identity) as session:
        return service.list_heads(session, asked["after"], asked["limit"])


@blp.route("/settings", methods=["GET"])
@may("audit.read")
@blp.response(200, AuditSettingsOut)
def read_settings() -> AuditSetting:
    """How long acts are kept, and to whom the heads go."""
    with transaction(asker().identity) as session:
        return service.read_settings(session)


@blp.route("/settings", methods=["PUT"])
@may("audit.change")
@blp.arguments(AuditSettingsIn)
@blp.response(200, AuditSettingsOut)
def set_settings(wanted: dict[str, Any]) -> AuditSetting:
    """Change them, with the approval of a second person. Prove yourself first."""
    fresh()
    me = asker().identity
    with transaction(me) as session:
        return service.set_settings(
            session, me, wanted["months"], wanted["heads_to"], wanted["approval"]
        )
