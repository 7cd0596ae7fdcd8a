"""Acts are kept for at least six months; then the oldest go, and a signed record says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from server.audit.headbook import HeadBook
from server.audit.queries import chain
from server.audit.queries.heads import list_cuts
from server.audit.rules.keeping import Old, months_before, removable
from server.audit.rules.signing import Cut
from server.audit.rules.verdict import Verdict
from server.audit.service.sealing import attest, cut_old, seal
from server.audit.service.verifying import verify
from server.db import transaction
from tests.audit.ledger import INSTALLATION, SIGNER
from tests.audit.test_sealing import act, seal_all
from tests.cli.keyboard import as_admin
from tests.smallcounty import SmallCounty

LONG_AGO = datetime(2020, 1, 31, 12, tzinfo=UTC)  # before any server's own clock


def day(year: int, month: int, number: int, hour: int = 0) -> datetime:
    """A day, by the hour."""
    return datetime(year, month, number, hour, tzinfo=UTC)


def test_six_months_before_is_the_same_day_or_the_last_of_the_month() -> None:
    for at, months, before in (
        ((2020, 8, 31, 9), 6, (2020, 2, 29, 9)),
        ((2020, 3, 2), 6, (2019, 9, 2)),
        ((2020, 12, 31), 12, (2019, 12, 31)),
    ):
        assert months_before(day(*at), months) == day(*before)


def test_what_goes_goes_from_the_front() -> None:
    links = [Old(k, bytes(32), LONG_AGO + timedelta(days=d)) for k, d in enumerate((1, 2, 9, 3), 1)]
    gone = removable(links, LONG_AGO + timedelta(days=3))
    assert [link.number for link in gone] == [1, 2]


@pytest.fixture
def old(county: SmallCounty) -> SmallCounty:
    """A county that has been at work since long ago: ten acts then, and ten seven months later."""
    with as_admin(county.url) as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute("TRUNCATE audit_act, audit_unsealed")
    county.clock.now = LONG_AGO
    act(county, 10)
    seal_all(county)
    county.clock.now = months_before(LONG_AGO, -7)
    act(county, 10)
    seal_all(county)
    return county


def cut(county: SmallCounty, book: HeadBook, batch: int = 100) -> int:
    with transaction(county.worker) as session:
        return cut_old(session, county.worker, SIGNER, book, batch)


def verdict_of(county: SmallCounty, book: HeadBook) -> Verdict:
    with transaction(county.worker, snapshot=True) as session:
        return verify(session, county.worker, [SIGNER.public], book.read())


def test_the_oldest_go_in_spans_and_the_rest_is_still_proved(
    old: SmallCounty, tmp_path: Path
) -> None:
    book = HeadBook(tmp_path / "heads")
    with transaction(old.worker) as session:
        attest(session, old.worker, SIGNER, book)
    assert [cut(old, book, batch=6) for _ in range(3)] == [6, 4, 0]
    seal_all(old)
    with transaction(old.worker) as session:
        found = chain.find_last(session)
        cuts = list_cuts(session, book.read()[0].installation)
        numbers = session.scalars(text("SELECT number FROM audit_seal ORDER BY number")).all()
        acts = session.scalar(text("SELECT count(*) FROM audit_act"))
    assert [(one.from_number, one.to_number) for one in cuts] == [(1, 6), (7, 10)]
    assert list(numbers) == list(range(11, 23))
    assert acts == 12  # the removals are acts themselves
    assert found[0] == 22
    verdict = verdict_of(old, book)
    assert (verdict.code, verdict.heads) == (0, 2)  # the last hash that went was signed as a head

    # Numbers go on where they were, even where nothing is left.
    old.clock.now = months_before(old.clock.now, -14)
    assert cut(old, book) == 12
    with transaction(old.worker) as session:
        assert seal(session, old.worker) == 1
        assert chain.find_last(session)[0] == 23
    assert verdict_of(old, book).code == 0


def test_the_settings_may_keep_them_longer(old: SmallCounty, tmp_path: Path) -> None:
    with as_admin(old.url) as admin:
        admin.execute("UPDATE audit_setting SET months = 8")
        with pytest.raises(Exception, match="audit_setting_months_check"):
            admin.execute("UPDATE audit_setting SET months = 5")
    assert cut(old, HeadBook(tmp_path / "heads")) == 0


def test_a_clock_that_is_set_ahead_removes_nothing(old: SmallCounty, tmp_path: Path) -> None:
    """The database looks at its own clock as well."""
    old.clock.now = datetime(2200, 1, 1, tzinfo=UTC)
    act(old)
    seal_all(old)
    book = HeadBook(tmp_path / "heads")
    assert cut(old, book, batch=20) == 20  # these are old by either clock
    old.clock.now = datetime(2210, 1, 1, tzinfo=UTC)
    with pytest.raises(DBAPIError, match="may be removed"):
        cut(old, book)


def test_the_database_removes_nothing_that_is_to_be_kept(old: SmallCounty) -> None:
    """Whatever the worker asks for."""
    with transaction(old.worker) as session:
        links = chain.list_oldest(session, 20)
    for first, last, hash_, newest in (
        (1, 11, links[10].hash, links[10].latest),  # the eleventh is young
        (1, 11, links[10].hash, links[0].latest),  # and says it is not
        (2, 5, links[4].hash, links[4].latest),  # not from the front
        (1, 5, bytes(32), links[4].latest),  # another hash
        (1, 99, links[4].hash, links[4].latest),  # there is no such number
    ):
        asked = Cut(INSTALLATION, first, last, hash_, newest, old.clock.now, "key", bytes(64))
        with pytest.raises(DBAPIError, match="may be removed"), transaction(old.worker) as session:
            chain.cut(session, asked)
