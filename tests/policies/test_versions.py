"""A county revises its numbers: reviewed as a file, put into force, never under a running case."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from sqlalchemy import text

from server.access.rules import OFFICE_KINDS
from server.db import transaction
from server.ladder.calendar import Limit, Unit, WorkingCalendar, local_day
from server.ladder.clocks import Limits
from server.ladder.policy import DEFAULT, Policy
from server.ladder.routing import Category, Level, OfficeKind
from server.policies import service
from server.policies.errors import (
    BadPolicyFile,
    PolicyBackdated,
    PolicyLabelTaken,
    PolicyNotFound,
    PolicyOutlived,
)
from server.policies.rules.changes import Change, changes, effects, short
from server.policies.rules.days import days_of
from server.policies.rules.written import FARTHEST, MAX_BYTES, read_policy, write_policy
from tests.ladder.test_policy import policies
from tests.smallcounty import START, SmallCounty

EXAMPLE = Path("docs/examples/policy.yaml")
TODAY = local_day(START)
QUICKER = replace(
    DEFAULT,
    version="2026-2",
    valid_from=TODAY,
    levels={**DEFAULT.levels, Level.VILLAGE: Limits(Limit.parse("1 days"), Limit.parse("7 days"))},
)


@given(policies)
def test_a_policy_written_as_a_file_is_read_back_the_same(policy: Policy) -> None:
    assert read_policy(write_policy(policy).encode()) == policy


@pytest.mark.parametrize("name", ["\\ud800", "a\\0", "\\x1b[2J", " ", ""])
def test_a_name_that_nobody_can_print_is_refused(name: str) -> None:
    """Half a surrogate pair reaches no database, and an escape clears the reviewer's screen."""
    file = write_policy(DEFAULT).replace("version: default-1", f'version: "{name}"')
    with pytest.raises(BadPolicyFile) as refused:
        read_policy(file.encode())
    assert list(refused.value.errors or {}) == ["version"]


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"levels": {"village": {"handle": "3000 days"}}}, "levels.village.handle"),
        ({"levels": {"county": {"accept": "470 working_days"}}}, "levels.county.accept"),
        ({"party_answer_working_days": 480}, "party_answer_working_days"),
    ],
)
def test_a_limit_beyond_the_calendar_would_let_nobody_register_and_is_refused(
    changed: dict[str, Any], path: str
) -> None:
    """A slip of the pen: 3000 for 300."""
    said: dict[str, Any] = yaml.safe_load(write_policy(DEFAULT))
    for level, limits in changed.pop("levels", {}).items():
        said["levels"][level] |= limits
    with pytest.raises(BadPolicyFile) as refused:
        read_policy(yaml.safe_dump(said | changed).encode())
    assert list(refused.value.errors or {}) == [path]


@pytest.mark.parametrize("begun", [date(2026, 1, 1), date(2026, 12, 31)])
def test_the_longest_limits_of_a_file_are_within_the_calendar(begun: date) -> None:
    ahead = [day for year in range(begun.year, begun.year + 3) for day in days_of(year)]
    calendar = WorkingCalendar({day.day: day.working for day in ahead})
    start = datetime.combine(begun, time(12), UTC)
    longest = (Limit(FARTHEST, Unit.DAYS), Limit(FARTHEST * 2 // 3, Unit.WORKING_DAYS))
    assert all(calendar.deadline(start, limit) > start for limit in longest)


def test_the_example_is_a_policy_with_the_numbers_that_are_delivered() -> None:
    example = read_policy(EXAMPLE.read_bytes())
    given = {one.path for one in changes(DEFAULT, example)}
    assert given == {
        "document",
        "routes.neighbours",
        "routes.marriage_family",
        "category_spans.expropriation.follow_up_days",
        "grants.village",
        "grants.township",
        "grants.county",
    }


def test_every_number_of_the_example_names_its_source() -> None:
    lines = EXAMPLE.read_text("utf-8").splitlines()
    numbers = [line for line in lines if any(c.isdigit() for c in line.split("#")[0])]
    sources = ("[法]", "[县]", "[件]", "同上", "valid_from", "version")
    unnamed = [line for line in numbers if not any(source in line for source in sources)]
    # The limits of one category share the source that stands beside its name.
    assert [line.strip().split(":")[0] for line in unnamed] == ["village", "township", "county"]


def test_the_ladder_and_the_offices_know_the_same_kinds() -> None:
    assert {kind.value: kind.zh for kind in OfficeKind} == OFFICE_KINDS


@pytest.mark.parametrize(
    ("content", "path"),
    [
        (b"", "policy"),
        (b"- a\n- b\n", "policy"),
        (b"levels: {}\n", "version"),
        (write_policy(DEFAULT).replace("30 days", "30 weeks").encode(), "levels.village.handle"),
        (write_policy(DEFAULT).encode() + b"quota: 5\n", "quota"),
    ],
)
def test_a_wrong_policy_names_each_fault_by_its_path(content: bytes, path: str) -> None:
    with pytest.raises(BadPolicyFile) as refused:
        read_policy(content)
    assert path in (refused.value.errors or {})


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe\x00",
        b"version: [1",
        b"a: &a [*a]\nversion: !!python/object:os.system ls",
        b"valid_from: 2026-13-45",
        b"[" * 5000,
        b"? {a: b}\n: c",
        b"x" * (MAX_BYTES + 1),
        write_policy(DEFAULT).encode() + b"follow_up_days: 40\n",  # of two, which one holds?
    ],
)
def test_what_is_no_sane_file_is_refused_and_nothing_else(content: bytes) -> None:
    with pytest.raises(BadPolicyFile):
        read_policy(content)


def test_what_differs_is_told_by_path_and_by_what_a_case_meets() -> None:
    assert changes(DEFAULT, QUICKER) == [
        Change("levels.village.accept", "3 working_days", "1 days"),
        Change("levels.village.handle", "30 days", "7 days"),
    ]
    neighbours = next(one for one in effects(QUICKER) if one.category is Category.NEIGHBOURS)
    assert neighbours.limits[Level.VILLAGE] == "1日/7日"
    assert short(DEFAULT.levels[Level.VILLAGE]) == "3工/30日"


def test_a_revision_is_in_force_from_its_day_and_leaves_an_audit_row(county: SmallCounty) -> None:
    by = county.worker
    with transaction(by) as session:
        service.ensure_policy(session, by)
        revision = service.revise(session, by, QUICKER)
        assert (revision.number, revision.replaced and revision.replaced.version) == (2, 1)
        assert service.current_policy(session, by.now).policy == QUICKER
        row = session.execute(
            text("SELECT what FROM audit_act WHERE action = 'policy.load' ORDER BY id DESC")
        ).first()
    assert row is not None
    assert row.what == {"version": 2, "valid_from": TODAY.isoformat()}


def test_the_same_file_twice_is_one_version(county: SmallCounty) -> None:
    by = county.worker
    with transaction(by) as session:
        service.ensure_policy(session, by)
        service.revise(session, by, QUICKER)
    with transaction(by) as session:
        assert service.revise(session, by, QUICKER).number is None
        assert len(service.list_versions(session)) == 2


def test_a_name_stands_for_one_policy(county: SmallCounty) -> None:
    by = county.worker
    with transaction(by) as session:
        service.revise(session, by, QUICKER)
        with pytest.raises(PolicyLabelTaken):
            service.revise(session, by, replace(QUICKER, follow_up_days=60))


def test_a_policy_from_before_today_needs_a_reason_and_keeps_it(county: SmallCounty) -> None:
    by = county.worker
    late = replace(QUICKER, valid_from=TODAY - timedelta(days=1))
    with transaction(by) as session:
        with pytest.raises(PolicyBackdated):
            service.revise(session, by, late)
        service.revise(session, by, late, "文件昨日下发")
        said = session.scalar(text("SELECT reason FROM audit_act WHERE action = 'policy.load'"))
    assert said == "文件昨日下发"


def test_a_policy_that_would_never_be_in_force_is_refused(county: SmallCounty) -> None:
    by = county.worker
    with transaction(by) as session:
        service.revise(session, by, QUICKER)
        older = replace(DEFAULT, version="older", valid_from=TODAY - timedelta(days=30))
        with pytest.raises(PolicyOutlived):
            service.revise(session, by, older, "补录")


def test_a_planned_policy_keeps_its_day_when_another_is_put_before_it(county: SmallCounty) -> None:
    by = county.worker
    july = replace(QUICKER, version="july", valid_from=date(2026, 7, 1))
    with transaction(by) as session:
        service.ensure_policy(session, by)
        service.revise(session, by, july)
        revision = service.revise(session, by, QUICKER)
        assert revision.until == july.valid_from
        midnight = START.replace(month=6, day=30, hour=16)
        assert service.current_policy(session, midnight).policy == july
        before = service.current_policy(session, midnight - timedelta(seconds=1))
    assert before.policy == QUICKER


def test_a_version_that_nobody_loaded_is_not_found(county: SmallCounty) -> None:
    with transaction(county.worker) as session:
        for number in (7, 0):
            with pytest.raises(PolicyNotFound):
                service.get_version(session, number)
