"""What is kept for how long: decided, previewed, and carried out as previewed."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from server.approvals import service as approvals
from server.approvals.errors import NeedsApproval, OtherMatter
from server.db import transaction
from server.erasure import rounds
from server.erasure.register import Erased, Register
from server.retention import queries, service
from server.retention.errors import KindNotFound, LookFirst, RuleFixed, RuleOff
from server.retention.rules import PERSONAL, digest_of, months_before
from server.worker.jobs import keep_as_decided
from tests.cli.keyboard import Keyboard, environment
from tests.disputes.conftest import Ladder, ladder, lending
from tests.erasure.planted import NUMBER, OTHER_NUMBER, approved, everything, quarrel
from tests.smallcounty import SmallCounty, id_of

__all__ = ["ladder", "lending"]


@pytest.fixture
def register(county: SmallCounty) -> Iterator[Register]:
    """The one that the worker writes; empty for every test."""
    register = Register(county.app.extensions["wangge.settings"].data_dir)
    register.path.unlink(missing_ok=True)
    yield register
    register.path.unlink(missing_ok=True)


def decide(county: SmallCounty, kind: str, months: int, *, active: bool = True) -> None:
    with transaction(county.worker) as session:
        service.set_rule(
            session, county.worker, kind, months=months, active=active, source="示例〔2026〕1号"
        )


def visits(county: SmallCounty, count: int, household: str = "A1w-1") -> list[str]:
    desk = county.sign_in("worker-a1w")
    body = {"household_id": str(id_of(household)), "outcome": "met", "note": "旧的走访"}
    return [str(desk.post("/visits", {"id": str(uuid4()), **body})["id"]) for _ in range(count)]


def one(county: SmallCounty, sql: str) -> Any:
    with transaction(county.worker) as session:
        return session.execute(text(sql)).scalar()


def test_months_go_back_to_a_day_that_there_is() -> None:
    end = datetime(2026, 5, 31, 8, tzinfo=UTC)
    assert months_before(end, 3) == datetime(2026, 2, 28, 8, tzinfo=UTC)
    assert months_before(end, 5) == datetime(2025, 12, 31, 8, tzinfo=UTC)
    assert months_before(end, 24) == datetime(2024, 5, 31, 8, tzinfo=UTC)


def test_nothing_personal_goes_before_the_county_has_decided(
    county: SmallCounty, register: Register
) -> None:
    visits(county, 2)
    county.clock.pass_time(days=9999)
    with transaction(county.worker) as session:
        rules = {rule.kind: rule for rule in service.list_rules(session)}
    assert {kind for kind, rule in rules.items() if rule.active} == rules.keys() - PERSONAL.keys()
    assert keep_as_decided(county.worker) == 0
    assert one(county, "SELECT count(*) FROM visit") == 2
    for kind, error in (
        ("visits", RuleOff),
        ("receipts", RuleFixed),
        ("scores", KindNotFound),
    ):
        with pytest.raises(error):
            service.run_now(county.worker, register, kind)
    with pytest.raises(RuleFixed):
        decide(county, "receipts", 1)


def test_a_run_takes_what_the_preview_showed_and_phones_hear_of_it(
    county: SmallCounty, register: Register
) -> None:
    old = visits(county, 3)
    county.clock.pass_time(days=400)
    young = visits(county, 1)
    decide(county, "visits", 12)
    with transaction(county.worker) as session:
        seen = service.preview(session, county.worker, "visits")
        due = [str(found.id) for found in service.list_due(session, county.worker, "visits")]
    assert (seen.count, sorted(due)) == (3, sorted(old))
    assert keep_as_decided(county.worker) == 3
    left = one(county, "SELECT string_agg(id::text, ' ') FROM visit")
    assert left == young[0]
    assert register.read() == {Erased("visit", UUID(gone)) for gone in old}
    gone = "SELECT count(*) FROM feed_entry WHERE entity = 'visit' AND erased AND NOT put"
    assert one(county, gone) == 3
    acts = "SELECT sum((what->>'taken')::int) FROM audit_act WHERE action = 'retention.run'"
    assert one(county, acts) == 3
    assert one(county, "SELECT taken FROM retention_run WHERE ended_at IS NOT NULL") == 3
    assert everything(county).count("旧的走访") == 1
    assert keep_as_decided(county.worker) == 0  # once a day


def test_a_run_that_was_killed_goes_on_where_it_stopped(
    county: SmallCounty, register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = visits(county, 5)
    county.clock.pass_time(days=400)
    decide(county, "visits", 12)
    monkeypatch.setattr(service, "BATCH", 2)
    carry_out, rounds_done = rounds.erase_listed, iter((True, False))

    def killed(*order: Any) -> None:
        if not next(rounds_done):
            raise ZeroDivisionError
        carry_out(*order)

    monkeypatch.setattr(service, "erase_listed", killed)
    with pytest.raises(ZeroDivisionError):
        keep_as_decided(county.worker)
    assert one(county, "SELECT count(*) FROM visit") == 3
    monkeypatch.setattr(service, "erase_listed", carry_out)
    assert rounds.go_round(county.worker, register) == 2  # those that were ordered
    assert keep_as_decided(county.worker) == 1
    assert one(county, "SELECT count(*) FROM visit") == 0
    assert register.read() == {Erased("visit", UUID(gone)) for gone in old}
    assert one(county, "SELECT ended_at IS NOT NULL FROM retention_run")


def test_numbers_of_outsiders_go_and_their_names_stay(ladder: Ladder, register: Register) -> None:
    case = quarrel(ladder)
    county = case.county
    decide(county, "telephones", 1)
    county.clock.pass_time(days=29)
    assert keep_as_decided(county.worker) == 0
    county.clock.pass_time(days=3)
    assert keep_as_decided(county.worker) == 2
    told = ladder.read("county", case.id)["parties"]
    assert [party["telephone"] for party in told] == [None, None]
    assert all(party["name"] for party in told)
    assert OTHER_NUMBER not in everything(county)
    # Somebody wrote it into the history: a person reads that.
    assert NUMBER in everything(county)


def test_a_list_that_was_read_is_taken_of_every_kind_and_nothing_beside_it(
    ladder: Ladder, register: Register
) -> None:
    case = quarrel(ladder)
    county = case.county
    decide(county, "telephones", 1)
    county.clock.pass_time(days=32)
    listed = {case.wanted, uuid4()}
    assert service.run_listed(county.worker, register, "telephones", listed, None) == 1
    told = {p["id"]: p["telephone"] for p in ladder.read("county", case.id)["parties"]}
    assert [party for party, number in told.items() if number is None] == [str(case.wanted)]
    assert service.run_listed(county.worker, register, "telephones", listed, None) == 0


def test_files_of_cases_are_read_first_and_go_by_two_persons(
    ladder: Ladder, register: Register
) -> None:
    cases = [quarrel(ladder, name) for name in ("first", "second", "third")]
    county = ladder.county
    approved(county, cases[0].id)  # who approves is there
    county.clock.pass_time(days=800)
    decide(county, "disputes", 24)
    assert keep_as_decided(county.worker) == 0
    with pytest.raises(LookFirst):
        service.run_now(county.worker, register, "disputes")
    with transaction(county.worker) as session:
        due = [found.id for found in service.list_due(session, county.worker, "disputes")]
    assert sorted(map(str, due)) == sorted(case.id for case in cases)
    kept = due.pop()  # struck out by whoever read the list
    with pytest.raises(NeedsApproval):
        service.run_listed(county.worker, register, "disputes", due, None)
    number = allow(county, due)
    with pytest.raises(OtherMatter):
        service.run_listed(county.worker, register, "disputes", [*due, kept], number)
    assert service.run_listed(county.worker, register, "disputes", due, number) == 2
    assert one(county, "SELECT id FROM dispute") == kept


def allow(county: SmallCounty, ids: list[UUID]) -> UUID:
    """The county's own hand asks for just this list; a person approves."""
    what = {"list": digest_of(ids), "cases": len(ids)}
    with transaction(county.worker) as session:
        asked = approvals.ask(session, county.worker, "case.delete", what, "期满")
    county.sign_in("county-2")
    with transaction(county.identity("county-2")) as session:
        approvals.approve(session, county.identity("county-2"), asked.id)
    return asked.id


def test_a_household_is_ended_long_enough_only_without_an_open_case_or_a_late_visit(
    ladder: Ladder, register: Register
) -> None:
    county = ladder.county
    desk = county.sign_in("township-a")
    for name in ("A1w-1", "A1w-2", "A1w-3"):
        ended = desk.call("PATCH", f"/households/{id_of(name)}", json={"state": "ended"})
        assert ended.status_code == 200, ended.text
    party = {"side": "applicant", "kind": "household", "household_id": str(id_of("A1w-2"))}
    ladder.register("mediator-a1", "open", village_id=str(id_of("A1")), parties=[party])
    county.clock.pass_time(days=300)
    visits(county, 1, "A1w-3")
    county.clock.pass_time(days=100)
    decide(county, "households", 12)
    with transaction(county.worker) as session:
        due = [found.id for found in service.list_due(session, county.worker, "households")]
    assert due == [id_of("A1w-1")]
    assert service.run_listed(county.worker, register, "households", due, None) == 1
    assert one(county, f"SELECT count(*) FROM household WHERE id = '{due[0]}'") == 0


def test_what_the_table_counts_is_there_to_be_counted(county: SmallCounty) -> None:
    """Each kind's question is one that PostgreSQL answers."""
    with transaction(county.worker) as session:
        for rule in service.list_rules(session):
            if rule.kind == "limits":  # nobody but the gate reads those
                continue
            before = county.clock.now + timedelta(days=1)
            count, _, _ = queries.summarize(session, rule.kind, before)
            assert len(queries.list_old(session, rule.kind, before, None)) == count, rule.kind


def test_at_the_keyboard(county: SmallCounty, tmp_path: Path) -> None:
    visits(county, 2)
    keyboard = Keyboard(environment(county.url, tmp_path))
    assert "未启用 off" in keyboard.type("retention", "show")
    keyboard.fails("retention", "run", "visits")
    keyboard.type(
        *("retention", "set", "visits", "--months", 1, "--source", "示例〔2026〕1号", "--on")
    )
    listed = tmp_path / "due.csv"
    assert digest_of([]) not in keyboard.type("retention", "preview", "visits", "--out", listed)
    with listed.open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.reader(file))) == 3
    for wrong in ("名单", "id\nx\n", ""):
        (tmp_path / "bad.csv").write_text(wrong, encoding="utf-8")
        keyboard.fails("retention", "run", "households", "--list", tmp_path / "bad.csv")
    assert "gone: 2" in keyboard.type("retention", "run", "visits")
    assert one(county, "SELECT count(*) FROM visit") == 0
