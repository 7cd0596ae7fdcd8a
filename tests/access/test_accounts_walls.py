"""The second wall of accounts: what SQL as somebody may write, had the first one a hole."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from server.db import Identity, transaction
from server.setbacks import pgcode
from tests.access.keeping import behind, give, hire
from tests.smallcounty import CELLS, SmallCounty, id_of

ROW = """INSERT INTO assignment (id, user_id, role, office_id, area_id, valid_from)
         VALUES (gen_random_uuid(), :user, :role, :office, :area, :at)"""
MADE = """INSERT INTO user_account (id, login, name, created_at)
          VALUES (gen_random_uuid(), 'sneaked-in', '示例', now())"""


def wrote(by: Identity, statement: str, **values: Any) -> str:
    """How many rows it wrote, or why it was refused."""
    try:
        with transaction(by) as session:
            done: Any = session.execute(text(statement), values)
            return str(done.rowcount)
    except DBAPIError as error:
        return str(pgcode(error))


REFUSED = "42501"


def test_only_the_givers_write_assignments_and_never_their_own(county: SmallCounty) -> None:
    at = county.clock.now

    def tried(asker: str, user: str, role: str, office: str | None = None, **more: Any) -> str:
        held = {
            "user": id_of(f"user {user}"),
            "role": role,
            "office": id_of(f"office {office}") if office else None,
            "area": None if office else id_of("county"),
            "at": at,
        }
        return wrote(county.identity(asker), ROW, **{**held, **more})

    everybody = ("worker-a1w", "mediator-a1", "county", "system", "auditor", "township-b")
    for asker in everybody:
        assert tried(asker, "worker-a1e", "mediator", "A1") == REFUSED, asker
        assert tried(asker, asker, "county_office", "county") in {REFUSED, "WG001"}, asker
        assert tried(asker, "worker-a1e", "security_admin") in {REFUSED, "WG001"}, asker
    assert tried("township-a", "worker-a1e", "county_office", "county") == REFUSED
    assert tried("township-a", "worker-a1e", "mediator", "B1") == REFUSED
    assert tried("township-a", "township-a", "mediator", "A1") == REFUSED
    assert tried("security", "security", "mediator", "A1") in {REFUSED, "WG001"}
    past = at.replace(year=2025)
    assert tried("security", "worker-a1e", "mediator", "A1", at=past) == REFUSED
    assert tried("security", "auditor", "system_admin") == "WG001"
    assert tried("township-a", "worker-a1e", "mediator", "A1") == "1"
    assert tried("security", "worker-a1e", "county_office", "county") == "1"


def test_an_assignment_is_ended_by_those_who_give_it_and_nothing_else_changes(
    county: SmallCounty,
) -> None:
    ended = "UPDATE assignment SET valid_to = :at WHERE user_id = :user"
    when = {"at": county.clock.now.replace(hour=5)}
    for asker in ("worker-a1w", "county", "system", "auditor", "township-b"):
        tried = wrote(county.identity(asker), ended, user=id_of("user mediator-a1"), **when)
        assert tried == "0", asker
    for column in ("role = 'county_office'", "user_id = gate.user_id()", "valid_from = now()"):
        changed = f"UPDATE assignment SET {column}"
        assert wrote(county.identity("security"), changed) == REFUSED, column
    security = county.identity("security")
    assert wrote(security, ended, user=id_of("user security"), **when) == "0"
    assert wrote(security, ended, user=id_of("user system"), **when) == "WG002"
    # Who served until now is history.
    past = "UPDATE assignment SET valid_to = gate.now() - interval '1 day' WHERE user_id = :user"
    assert wrote(security, past, user=id_of("user mediator-a1")) == REFUSED
    assert wrote(security, ended, user=id_of("user mediator-a1"), **when) == "1"


def test_accounts_passwords_invitations_and_offices_have_one_hand_each(county: SmallCounty) -> None:
    them = {"user": id_of("user mediator-a1")}
    rename = "UPDATE user_account SET name = name || '示例' WHERE id = :user"
    disable = "UPDATE user_account SET active = false WHERE id = :user"
    steal = "UPDATE credential SET password_hash = 'x' WHERE user_id = :user"
    invite = """INSERT INTO invitation (user_id, digest, made_at, made_by, expires_at)
                VALUES (:user, '\\x00', now(), gate.user_id(), now() + interval '1 hour')"""
    office = "UPDATE office SET lead = false"
    everybody = ("worker-a1w", "township-a", "county", "system", "security", "auditor")
    done = {
        asker: [
            wrote(county.identity(asker), statement, **them)
            for statement in (rename, disable, steal, invite, office)
        ]
        + [wrote(county.identity(asker), MADE)]
        for asker in everybody
    }
    no = ["0", "0", "0", REFUSED, "0", REFUSED]
    assert done == {
        **dict.fromkeys(("worker-a1w", "township-a", "county", "auditor"), no),
        "system": ["1", REFUSED, "0", "1", "6", "1"],
        "security": [REFUSED, "1", "0", REFUSED, "0", REFUSED],
    }
    # A login, an id and what one has to step aside from are nobody's to write over the web.
    for column in ("login = 'x'", "id = gen_random_uuid()", "household_id = NULL"):
        changed = f"UPDATE user_account SET {column}"
        assert wrote(county.identity("system"), changed) == REFUSED, column
    assert wrote(county.worker, "UPDATE user_account SET id = gen_random_uuid()") == REFUSED
    assert wrote(county.worker, "UPDATE device SET user_id = NULL") == REFUSED
    assert wrote(county.identity("security"), disable, user=id_of("user security")) == REFUSED
    nobody = [wrote(county.identity(None), s, **them) for s in (rename, disable, steal, invite)]
    assert nobody == ["0", "0", "0", REFUSED]


def test_others_devices_are_not_seen_and_the_gate_says_who_may(county: SmallCounty) -> None:
    for login in ("worker-a1w", "worker-b1w", "security"):
        county.sign_in(login)
    revoke = "SELECT gate.revoke_devices(:user, NULL, 'lost')"
    for asker in ("worker-a1e", "mediator-a1", "county", "auditor", "township-b", None):
        with transaction(county.identity(asker)) as session:
            assert session.execute(text("SELECT count(*) FROM device")).scalar() == 0, asker
            them = {"user": id_of("user worker-a1w")}
            assert session.execute(text("SELECT * FROM gate.devices_of(:user)"), them).all() == []
            assert session.execute(text(revoke), them).all() == [], asker
    with transaction(county.identity("township-a")) as session:
        assert session.execute(text("SELECT count(*) FROM device")).scalar() == 0
        for user, n in (("worker-a1w", 1), ("worker-b1w", 0), ("security", 0)):
            them = {"user": id_of(f"user {user}")}
            assert len(session.execute(text(revoke), them).all()) == n, user
    kept = "UPDATE device SET revoked_at = NULL"
    with pytest.raises(DBAPIError, match="stays revoked"), transaction(county.worker) as session:
        session.execute(text(kept))


def test_no_move_gives_a_cell_to_an_administrator(county: SmallCounty) -> None:
    plan = {"kind": "assignment", "changes": [{"user": "auditor", "cell": CELLS["A1w"]}]}
    told = county.sign_in("township-a").call("POST", "/moves/preview", json={"plan": plan})
    assert (told.status_code, told.json["type"]) == (422, "/problems/bad-plan")


def test_two_who_each_leave_the_other_leave_one(county: SmallCounty) -> None:
    """Two keep the system: whoever would disable both finds that the second is the last."""
    system, security = county.sign_in("system"), county.sign_in("security")
    hire(system, "second-system")
    security.post("/assignments", give("second-system", "system_admin"))
    second = behind(county, "SELECT id FROM user_account WHERE login = 'second-system'")[0].id
    disable = "UPDATE user_account SET active = false WHERE id = :user"
    by = county.identity("security")
    assert wrote(by, disable, user=second) == "1"
    assert wrote(by, disable, user=id_of("user system")) == "WG002"
