"""The own second factor, and that of somebody who has lost theirs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from server.access.door import asker, fresh, may
from server.access.factors import service
from server.access.factors.schemas import ConfirmIn, EnrolmentOut, RecoveryOut
from server.access.factors.service import Enrolment
from server.access.schemas import RevealIn
from server.access.signing import service as signing
from server.bodies import Blueprint
from server.db import transaction

blp = Blueprint(
    "second factor",
    __name__,
    url_prefix="/sessions/current/second-factor",
    description="两步验证 The own second factor",
)
resets = Blueprint(
    "second factors", __name__, url_prefix="/users", description="两步验证 Second factors of others"
)


@blp.route("", methods=["POST"])
@may("factor.keep")
@blp.response(201, EnrolmentOut)
def enrol() -> Enrolment:
    """Begin to enrol an authenticator; it counts once /confirm has seen a code of it."""
    fresh()
    with transaction(asker().identity) as session:
        return service.enrol(session, asker().identity)


@blp.route("/confirm", methods=["POST"])
@may("factor.keep")
@blp.arguments(ConfirmIn)
@blp.response(200, RecoveryOut)
def confirm(asked: dict[str, Any]) -> dict[str, list[str]]:
    """Confirm it by its present code. All other sessions end; recovery codes are shown once."""
    me = asker()
    with (
        signing.counting_proof(me.identity, me.user_id, me.device_id),
        transaction(me.identity) as session,
    ):
        return {"recovery": service.confirm(session, me.identity, asked["code"], me.login_id)}


@blp.route("/recovery", methods=["POST"])
@may("factor.keep")
@blp.response(201, RecoveryOut)
def renew_recovery() -> dict[str, list[str]]:
    """Ten new recovery codes, shown once; the old ones are dead."""
    fresh()
    with transaction(asker().identity) as session:
        return {"recovery": service.renew_recovery(session, asker().identity)}


@blp.route("", methods=["DELETE"])
@may("factor.keep")
@blp.response(204)
def remove() -> None:
    """Take it away, to enrol another. All other sessions end."""
    fresh()
    with transaction(asker().identity) as session:
        service.remove(session, asker().identity, asker().login_id)


@resets.route("/<uuid:user_id>/second-factor/reset", methods=["POST"])
@may("factor.reset")
@resets.arguments(RevealIn)
@resets.response(204)
def reset(asked: dict[str, Any], user_id: UUID) -> None:
    """Take away that of somebody who has lost it, seen in person; all their sessions end."""
    fresh()
    with transaction(asker().identity) as session:
        service.reset(session, asker().identity, user_id, asked["reason"])
