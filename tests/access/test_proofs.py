"""Who one is, proved once more before a sensitive act."""

from __future__ import annotations

from tests.access.authenticator import RESET, ask_fresh, enrol, refresh
from tests.access.keeping import acts, behind
from tests.smallcounty import PASSWORD, SmallCounty, id_of


def test_a_sensitive_act_asks_who_it_is_once_more(county: SmallCounty) -> None:
    desk, elsewhere = county.sign_in("security"), county.sign_in("security", "browser")
    assert ask_fresh(desk)[1] == "no-second-factor"  # signed in a moment ago
    county.clock.pass_time(minutes=10)
    refused = desk.call("POST", RESET, json={"reason": "试一试"})
    assert (refused.status_code, refused.json["type"]) == (403, "/problems/prove-again")
    path = refused.json["prove_at"].removeprefix("/api/v1")
    wrong = desk.call("POST", path, json={"password": "not this one"})
    assert (wrong.status_code, wrong.json["type"]) == (422, "/problems/wrong-proof")
    assert ask_fresh(desk)[1] == "prove-again"
    assert desk.call("POST", path, json={"password": PASSWORD}).status_code == 204
    assert ask_fresh(desk)[1] == "no-second-factor"
    assert ask_fresh(elsewhere)[1] == "prove-again"  # each session for itself
    desk.tokens = dict(refresh(desk, desk.tokens["refresh"]).json)
    assert ask_fresh(desk)[1] == "prove-again"  # a token proves nobody
    assert acts(county).count("session.prove") == 1


def test_whoever_guesses_a_password_on_somebodys_device_is_written_down(
    county: SmallCounty,
) -> None:
    desk = county.sign_in("county")
    sent = {"old": "not this one", "new": "another-good-one"}
    assert desk.call("PUT", "/passwords/current", json=sent).status_code == 422
    (act,) = behind(county, "SELECT user_id FROM audit_act WHERE action = 'session.refused'")
    assert act.user_id == id_of("user county")


def test_the_proof_takes_the_code_too_and_is_not_guessed(county: SmallCounty) -> None:
    desk = county.sign_in("security")
    app, _ = enrol(county, desk)
    county.clock.pass_time(minutes=10)
    path = "/sessions/current/proof"
    for code in ({}, {"code": "000000"}, {"code": None}):
        wrong = desk.call("POST", path, json={"password": PASSWORD, **code})
        assert wrong.json["type"] == "/problems/wrong-proof", code
    good = {"password": PASSWORD, "code": app.code()}
    assert desk.call("POST", path, json=good).status_code == 204
    assert ask_fresh(desk)[1] == "no-second-factor"
    county.clock.pass_time(minutes=10)
    for sent, tries in (({"password": "x", "code": "1"}, 10), ({**good, "code": "000000"}, 5)):
        statuses = [desk.call("POST", path, json=sent).status_code for _ in range(tries + 1)]
        assert statuses == [422] * tries + [429], sent
        county.clock.pass_time(minutes=2)  # so that a password may be tried again
    assert acts(county).count("session.refused") == 3 + 10 + 5
