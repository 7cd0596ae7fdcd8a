"""Two at once: what ends sessions and what opens them; tokens that are over; old hashes."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from datetime import timedelta
from threading import Thread
from uuid import UUID

import pytest
from argon2 import PasswordHasher
from sqlalchemy.orm import Session

from server.access import service
from server.access.accounts.invitations.service import change_password
from server.access.factors.service import confirm
from server.access.queries import Proof
from server.access.service import Spans, hash_password
from server.db import Identity, transaction
from server.worker import purge_old
from tests.access.authenticator import (
    FACTOR,
    Authenticator,
    answer,
    enrol,
    refresh,
    try_to_sign_in,
    type_of,
)
from tests.access.keeping import behind
from tests.smallcounty import SmallCounty, id_of

SPANS = Spans(timedelta(minutes=30), timedelta(days=60), timedelta(days=180))
LIVING = "SELECT count(*) FROM login WHERE revoked_at IS NULL"
WAITING = """
    SELECT count(*) FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock'"""


def meanwhile(county: SmallCounty, by: Identity, act: Callable[[Session], object]) -> Thread:
    """Begin this beside the transaction that is open, and come back when it waits for that."""

    def run() -> None:
        with county.app.app_context(), transaction(by) as session:
            act(session)

    beside = Thread(target=run)
    beside.start()
    while beside.is_alive() and not behind(county, WAITING)[0][0]:
        pass
    return beside


def login_of(county: SmallCounty, device: str) -> UUID:
    """The one login on this device."""
    ((found,),) = behind(
        county, "SELECT id FROM login WHERE device_id = :d", d=id_of(f"county {device}")
    )
    return UUID(str(found))


def test_a_token_refreshed_as_the_password_changes_ends_with_the_others(
    county: SmallCounty,
) -> None:
    """A thief who refreshes without a pause would keep the session that way."""
    county.sign_in("county", "desk")
    stolen = county.sign_in("county", "thief's").tokens["refresh"]
    owner, thief = (
        county.identity("county", device="desk"),
        county.identity("county", device="thief's"),
    )
    kept = login_of(county, "desk")
    with transaction(thief) as session:
        service.refresh_session(session, thief, stolen, SPANS)
        beside = meanwhile(
            county, owner, lambda s: change_password(s, owner, hash_password("x" * 12), kept)
        )
    beside.join()
    assert behind(county, LIVING) == [(1,)]


def test_what_a_thief_refreshes_as_the_theft_is_found_ends_as_well(county: SmallCounty) -> None:
    desk = county.sign_in("county", "phone")
    first = desk.tokens["refresh"]
    second = refresh(desk, first).json
    third = refresh(desk, second["refresh"]).json
    by = county.identity("county", device="phone")
    with transaction(by) as session:
        service.refresh_session(session, by, third["refresh"], SPANS)
        beside = meanwhile(county, by, lambda s: service.refresh_session(s, by, first, SPANS))
    beside.join()
    assert behind(county, LIVING) == [(0,)]


def test_a_session_opened_as_a_second_factor_comes_asks_for_it(county: SmallCounty) -> None:
    desk = county.sign_in("county", "desk")
    app = Authenticator(county, desk.post(FACTOR, None)["secret"])
    owner, thief = (
        county.identity("county", device="desk"),
        county.identity("county", device="thief's"),
    )
    kept = login_of(county, "desk")
    with transaction(thief) as session:
        service.hold_sessions(session, id_of("user county"))
        service.open_session(session, thief, "", SPANS)
        beside = meanwhile(county, owner, lambda s: confirm(s, owner, app.code(), kept))
    beside.join()
    assert behind(county, LIVING) == [(1,)]
    assert desk.get("/sessions/current")["second_factor"]["on"] is True


@pytest.mark.parametrize("second", [False, True], ids=["password", "password and code"])
def test_a_password_that_changed_while_it_was_proved_opens_nothing(
    county: SmallCounty, monkeypatch: pytest.MonkeyPatch, second: bool
) -> None:
    """Proving takes its time, and others queue before it."""
    app = enrol(county, county.sign_in("county"))[0] if second else None
    real = service.prove

    def prove(found: Proof | None, password: str) -> UUID:
        proved = real(found, password)
        behind(county, "UPDATE credential SET password_hash = :h", h=hash_password("another one"))
        return proved

    before = behind(county, LIVING)
    monkeypatch.setattr("server.access.signing.service.prove", prove)
    late = try_to_sign_in(county, "county", code=app.code() if app else None)
    assert type_of(late) == (401, "wrong-login")
    assert behind(county, LIVING) == before


def test_a_hash_of_yesterday_is_made_anew_when_its_password_comes(
    county: SmallCounty, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else an unknown login, which costs what is made today, would take another time."""
    mine = f"SELECT password_hash FROM credential WHERE user_id = '{id_of('user county')}'"
    (before,) = behind(county, mine)[0]
    app, _ = enrol(county, county.sign_in("county"))
    monkeypatch.setattr(service, "_hasher", PasswordHasher(2, 64, 1))
    assert type_of(try_to_sign_in(county, "county", password="wrong")) == (401, "wrong-login")
    assert behind(county, mine) == [(before,)]
    asks = try_to_sign_in(county, "county")
    (after,) = behind(county, mine)[0]
    assert "t=2" in after
    assert answer(county, asks.json["challenge"], app.code()).status_code == 201
    assert behind(county, mine) == [(after,)]


def test_in_earnest_a_hash_costs_what_rfc_9106_asks() -> None:
    """64 MiB and three passes, its second recommendation; only tests take less."""
    hasher = runpy.run_path(str(service.__file__))["_hasher"]
    assert (hasher.memory_cost, hasher.time_cost) >= (64 * 1024, 3)


def test_tokens_that_are_over_go_and_a_session_that_stands_goes_on(county: SmallCounty) -> None:
    desk = county.sign_in("worker-a1w")
    county.sign_in("county")
    first, count = desk.tokens["refresh"], "SELECT count(*) FROM login"
    for _ in range(2):
        county.clock.pass_time(days=40)
        desk.tokens = dict(refresh(desk, desk.tokens["refresh"]).json)
    purge_old(county.worker)
    assert behind(county, count) == [(2,)]  # after 67 days two are gone: the county's, the first
    assert refresh(desk, first).status_code == 401
    assert desk.get("/sessions/current")["login"] == "worker-a1w"
    county.clock.pass_time(days=68)
    purge_old(county.worker)
    assert behind(county, count) == [(0,)]


def test_a_policy_that_was_shortened_holds_up_no_tidying(county: SmallCounty) -> None:
    """The next of a chain may be over before the one that names it."""
    desk = county.sign_in("county")
    assert refresh(desk, desk.tokens["refresh"]).status_code == 201
    behind(
        county,
        """UPDATE login SET refresh_until = refresh_until - interval '50 days'
            WHERE succeeded_by IS NULL""",
    )
    for days, left in ((30, 2), (40, 0)):
        county.clock.pass_time(days=days)
        purge_old(county.worker)
        assert behind(county, "SELECT count(*) FROM login") == [(left,)]
