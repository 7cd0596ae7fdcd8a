"""What is asked in one breath: told who asks, reading only, and cut when it takes too long."""

from __future__ import annotations

from dataclasses import replace

import psycopg2
import pytest
from sqlalchemy import create_engine, text

from server.db import DbRole, Identity, ask, db, nobody
from server.errors import TryLater
from tests.smallcounty import SmallCounty, id_of

SEEN = "SELECT count(*) FROM household"
TOLD = "SELECT current_setting('app.user', true), current_setting('role')"


def as_user(county: SmallCounty, login: str) -> Identity:
    """The identity of somebody who has signed in."""
    return replace(nobody(county.clock.now), user_id=id_of(f"user {login}"))


def cut_every_line(county: SmallCounty) -> None:
    """The database restarts: whoever was connected is not any more."""
    engine = create_engine(county.url)
    with engine.connect() as connection:
        connection.execute(
            text(
                """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE datname = current_database() AND pid <> pg_backend_pid()"""
            )
        )
    engine.dispose()


def test_everybody_is_answered_from_their_own_places(county: SmallCounty) -> None:
    seen = {login: ask(SEEN, {}, as_user(county, login)) for login in ("worker-a1w", "county")}
    assert seen == {"worker-a1w": (3,), "county": (18,)}
    assert ask(SEEN, {}, nobody(county.clock.now)) == (0,)


def test_the_next_to_ask_is_not_taken_for_the_one_before(county: SmallCounty) -> None:
    """One connection serves both."""
    before = ask(TOLD, {})
    assert ask(TOLD, {}, as_user(county, "county")) == (str(id_of("user county")), DbRole.APP)
    assert ask(TOLD, {}) == (before and ("", before[1]))


def test_an_error_leaves_nobody_told_either(county: SmallCounty) -> None:
    with pytest.raises(psycopg2.Error):
        ask("SELECT 1 / 0", {}, as_user(county, "county"))
    assert (ask(TOLD, {}) or ())[0] in {"", None}


def test_who_asks_as_somebody_only_reads(county: SmallCounty) -> None:
    rename = "UPDATE household SET state = 'away' RETURNING 1"
    with pytest.raises(psycopg2.Error, match="read-only"):
        ask(rename, {}, as_user(county, "county"))


def test_a_question_that_takes_too_long_is_cut(county: SmallCounty) -> None:
    with pytest.raises(TryLater):
        ask("SELECT pg_sleep(600)", {}, as_user(county, "county"), seconds=1)


def test_what_is_asked_may_hold_any_text(county: SmallCounty) -> None:
    said = "100% 示例 '; SELECT 1 -- \\ :name %(x)s"
    assert ask("SELECT cast(:said AS text), '5%'", {"said": said}) == (said, "5%")


def test_after_the_database_restarted_one_request_fails_and_the_next_is_served(
    county: SmallCounty,
) -> None:
    desk = county.sign_in("county")
    with db.engine.connect(), db.engine.connect(), db.engine.connect():
        pass  # three connections that wait for work
    cut_every_line(county)
    answer = desk.call("GET", "/households")
    assert (answer.status_code, answer.json["type"]) == (503, "/problems/try-later")
    assert desk.call("GET", "/households").status_code == 200
