"""One-time codes: shown once, used once, over in three days; one answer for what is none."""

from __future__ import annotations

import string
from typing import Any

from server import codes
from tests.access.keeping import (
    NEW_PASSWORD,
    accept,
    acts,
    behind,
    hire,
    try_in,
    user,
    why,
)
from tests.smallcounty import PASSWORD, SmallCounty, id_of


def told(answer: Any) -> dict[str, Any]:
    """All that an answer says, but the number of the request."""
    return {**answer.json, "request": None, "status": answer.status_code}


def test_a_code_is_shown_once_and_kept_as_a_keyed_digest(county: SmallCounty) -> None:
    system = county.sign_in("system")
    answer = system.call("POST", "/users", json={"login": "newcomer", "name": "示例"})
    code = answer.json["invitation"]["code"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert codes.read_code(code)
    kept = " ".join(str(row) for row in behind(county, "SELECT cast(i AS text) FROM invitation i"))
    assert code not in kept
    assert code.replace("-", "") not in kept
    seen = system.get(f"/users/{answer.json['user']['id']}")
    assert code not in str(seen)
    assert seen["invitation"]["used_at"] is None
    audited = behind(county, "SELECT cast(a AS text) AS said FROM audit_act a")
    assert not any(code in row.said for row in audited)


def test_every_code_that_is_none_gets_the_same_answer(county: SmallCounty) -> None:
    """Unknown, used, over, replaced, of somebody disabled, wrong by a character: no difference."""
    system, security = county.sign_in("system"), county.sign_in("security")
    given = {name: hire(system, name)["invitation"]["code"] for name in
             ("used-one", "replaced-one", "disabled-one", "late-one", "good-one")}  # fmt: skip
    ids = {row.login: row.id for row in behind(county, "SELECT id, login FROM user_account")}
    assert accept(county, given["used-one"]).status_code == 200
    newer = system.post(f"/users/{ids['replaced-one']}/invitation", {})["code"]
    security.post(f"/users/{ids['disabled-one']}/disable", {"reason": "示例"}, expect=200)
    late = "UPDATE invitation SET expires_at = :now WHERE user_id = :u"
    behind(county, late, now=county.clock.now, u=ids["late-one"])
    wrong = given["good-one"][:-1] + ("3" if given["good-one"][-1] != "3" else "4")
    tried = {
        "unknown": codes.grouped(codes.new_code(bytes(16))),
        "used": given["used-one"],
        "replaced": given["replaced-one"],
        "disabled": given["disabled-one"],
        "late": given["late-one"],
        "mistyped": wrong,
        "no code at all": "' OR 1=1 --",
    }
    answers = {name: told(accept(county, code)) for name, code in tried.items()}
    assert {str(answer) for answer in answers.values()} == {str(answers["unknown"])}
    assert answers["unknown"]["status"] == 422
    # As somebody types it: small letters, full width, spaces.
    typed = newer.lower().replace("-", " ").translate(
        {ord(c): ord(c) + 0xFEE0 for c in string.digits}
    )  # fmt: skip
    assert accept(county, typed).json == {"login": "replaced-one"}


def test_a_bad_password_uses_no_code_up_and_tells_nothing_of_it(county: SmallCounty) -> None:
    system = county.sign_in("system")
    code = hire(system, "long-enough")["invitation"]["code"]
    for password in ("short", "123456789", ""):
        there, nowhere = (told(accept(county, c, password)) for c in (code, "3" * 16))
        assert there == nowhere, password
        assert there["status"] == 422
    assert why(accept(county, code, "long-enough")) == (422, "bad-password")  # the login itself
    assert accept(county, code).status_code == 200
    long = {"code": "x" * 9999, "password": NEW_PASSWORD}
    bad: list[Any] = [{}, {"code": code}, {"code": 5, "password": NEW_PASSWORD}, [], long]
    for body in bad:
        client = county.app.test_client()
        assert client.post("/api/v1/invitations/accept", json=body).status_code in {400, 422}, body


def test_a_forgotten_password_is_renewed_and_ends_every_session(county: SmallCounty) -> None:
    phone, system = county.sign_in("worker-a1w"), county.sign_in("system")
    code = system.post(f"{user('worker-a1w')}/invitation", {})["code"]
    assert phone.call("GET", "/households").status_code == 200  # until the code is used
    assert accept(county, code).status_code == 200
    assert phone.call("GET", "/households").status_code == 401
    assert try_in(county, "worker-a1w", PASSWORD).status_code == 401
    assert try_in(county, "worker-a1w", NEW_PASSWORD).status_code == 201
    assert accept(county, code).status_code == 422
    said = [row.user_id for row in behind(
        county, "SELECT user_id FROM audit_act WHERE action = 'invitation.accept'")]  # fmt: skip
    assert said == [id_of("user worker-a1w")]


def test_no_administrator_becomes_another_by_renewing_a_password(county: SmallCounty) -> None:
    """Over the web; whoever sits at the server can do anything anyway, and it is written down."""
    system = county.sign_in("system")
    for login in ("security", "auditor"):
        refused = system.call("POST", f"{user(login)}/invitation")
        assert why(refused) == (403, "at-the-keyboard"), login
    assert why(system.call("POST", f"{user('system')}/invitation")) == (403, "not-yourself")
    assert "invitation.make" not in acts(county)


def test_guesses_are_counted_over_everything(county: SmallCounty) -> None:
    """From one network; what stands is that nobody gets more than a few tries a minute."""
    statuses = [accept(county, codes.new_code(bytes([n] * 16))).status_code for n in range(14)]
    assert statuses[:10] == [422] * 10
    assert statuses[-1] == 429
    county.clock.pass_time(minutes=2)
    assert accept(county, codes.new_code(bytes(16))).status_code == 422


def test_one_changes_the_own_password_with_the_old_one(county: SmallCounty) -> None:
    phone, browser = county.sign_in("worker-a1w"), county.sign_in("worker-a1w", "browser")
    sent = {"old": PASSWORD, "new": NEW_PASSWORD}
    refused = {
        "wrong-proof": {"old": "not-the-old-one", "new": NEW_PASSWORD},
        "bad-password": {"old": PASSWORD, "new": "short"},
        "invalid": {"old": PASSWORD},
    }
    for slug, body in refused.items():
        assert why(phone.call("PUT", "/passwords/current", json=body)) == (422, slug)
    assert phone.call("PUT", "/passwords/current", json=sent).status_code == 204
    assert phone.call("GET", "/households").status_code == 200
    assert browser.call("GET", "/households").status_code == 401
    assert try_in(county, "worker-a1w", PASSWORD).status_code == 401
    assert try_in(county, "worker-a1w", NEW_PASSWORD).status_code == 201
    assert acts(county).count("user.password") == 1


def test_two_who_use_a_code_at_the_same_moment_are_one(county: SmallCounty) -> None:
    """Both have looked it up; the second to take it finds it taken."""
    from server.access.accounts.errors import BadInvitation
    from server.access.accounts.invitations import service
    from server.db import Identity, transaction

    system = county.sign_in("system")
    new = hire(system, "newcomer")
    code = new["invitation"]["code"]
    by = Identity(county.clock.now, user_id=new["user"]["id"])
    with transaction(county.identity(None)) as session:
        assert service.find_invited(session, code, NEW_PASSWORD).login == "newcomer"
    with transaction(by) as session:
        service.accept(session, by, code, "hash one")
    try:
        with transaction(by) as session:
            service.accept(session, by, code, "hash two")
    except BadInvitation:
        kept = behind(county, "SELECT password_hash FROM credential WHERE user_id = :u",
                      u=new["user"]["id"])  # fmt: skip
        assert [row.password_hash for row in kept] == ["hash one"]
    else:
        raise AssertionError("a code was used twice")
