"""Why a database is another one, and what the witness beside it remembers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.engine import make_url

from server.app import create_app
from server.db import transaction
from server.installation import opened
from server.syncing.healing.rules import WENT_BACK, WORDS, why_new
from server.syncing.healing.service import ensure_epoch, look_at_epoch, report
from server.syncing.healing.witness import Stand, Witness
from tests import smallcounty
from tests.smallcounty import SmallCounty, id_of
from tests.syncing.test_phones import run


@pytest.mark.parametrize(
    ("now", "why"),
    [
        ("8/1/100/200", "another_cluster"),
        ("7/2/100/200", "timeline"),
        ("7/1/101/200", "another_database"),
        ("7/1/100/201", "feed_made_anew"),
        ("8/2/101/201", "another_cluster"),
        ("7/2/101/200", "timeline"),
        ("7/1/100/200", WENT_BACK),
        ("odd", "another_cluster"),
    ],
)
def test_the_first_part_that_differs_says_why(now: str, why: str) -> None:
    assert why_new("7/1/100/200", now) == why
    assert why in WORDS


def test_a_witness_remembers_the_last_stand_and_nothing_that_it_cannot_read(tmp_path: Path) -> None:
    witness = Witness(tmp_path)
    assert witness.read() is None
    stand = Stand("7/1/100/200", UUID(int=7))
    witness.keep(stand)
    assert Witness(tmp_path).read() == stand
    for odd in ("", "x", "a b c", "7/1 nothing", "\x00"):
        witness.path.write_text(odd)
        assert witness.read() is None
    assert [file.name for file in tmp_path.iterdir()] == ["newest-mark"]


def test_the_web_is_shut_until_somebody_has_looked_and_each_refusal_gives_its_connection_back(
    county: SmallCounty,
) -> None:
    """A copy that nobody has seen to; then a dump of a day before the question was invented."""
    url = make_url(county.url).set(username="wangge_app").render_as_string(hide_password=False)
    with opened(smallcounty.settings(url), create_app) as app:
        readyz: Callable[[], Any] = partial(app.test_client().get, "/readyz")
        answers = [readyz() for _ in range(15)]  # more than the pool lends
        assert {answer.status_code for answer in answers} == {503}
        assert {answer.json["type"] for answer in answers} == {"/problems/not-settled"}
        assert answers[0].headers["Retry-After"]
        run(county, "ALTER FUNCTION gate.settled() RENAME TO settled_by_now")
        assert readyz().json["type"] == "/problems/not-migrated"
        run(county, "ALTER FUNCTION gate.settled_by_now() RENAME TO settled")
    with county.app.app_context(), transaction(county.worker) as session:
        ensure_epoch(session, county.worker)
    with opened(smallcounty.settings(url), create_app) as app:
        assert app.test_client().get("/readyz").status_code == 200


def test_an_epoch_begins_though_the_witness_cannot_write(
    county: SmallCounty, tmp_path: Path
) -> None:
    """The disk is full or read-only: it is only a witness, and the county is shut meanwhile."""
    with transaction(county.worker) as session:
        assert look_at_epoch(session, county.worker, Witness(tmp_path / "nowhere"))
    with transaction(county.worker) as session:
        assert not ensure_epoch(session, county.worker)


def test_an_epoch_begins_once_for_each_reason(county: SmallCounty, tmp_path: Path) -> None:
    witness, by = Witness(tmp_path), county.worker
    desk = county.sign_in("county")
    with transaction(by) as session:
        assert look_at_epoch(session, by, witness)  # the test's database is a copy of another
        assert not look_at_epoch(session, by, witness)
        assert not ensure_epoch(session, by)
    assert desk.call("GET", "/households").status_code == 401  # everybody signs in again
    stand = witness.read()
    assert stand is not None
    witness.keep(stand._replace(mark=id_of("a mark that this database has forgotten")))
    with transaction(by) as session:
        assert look_at_epoch(session, by, witness)
        assert not look_at_epoch(session, by, witness)
        found = report(session)
    assert found is not None
    assert (found.number, found.why) == (3, WENT_BACK)
    assert found.known_until is not None


def test_a_witness_of_another_database_says_nothing(county: SmallCounty, tmp_path: Path) -> None:
    """The directory was used for another county before."""
    witness, by = Witness(tmp_path), county.worker
    witness.keep(Stand("7/1/100/200", UUID(int=7)))
    with transaction(by) as session:
        ensure_epoch(session, by)
        assert not look_at_epoch(session, by, witness)
