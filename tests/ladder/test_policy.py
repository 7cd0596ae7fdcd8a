"""The county's numbers: read, written, refused with the fault named."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.ladder.calendar import LOCAL, Limit, Unit, WorkingCalendar
from server.ladder.clocks import Limits, start_holding
from server.ladder.errors import PolicyInvalid
from server.ladder.policy import DEFAULT, Policy, as_mapping, limits_for, parse, start_for
from server.ladder.routing import Category, Level

limits = st.builds(
    Limits,
    *(st.builds(Limit, st.integers(1, 3660), st.sampled_from(Unit)) for _ in ("accept", "handle")),
)
spans = st.integers(1, 400)
texts = st.text("2026-默认v.", min_size=1)
policies = st.builds(
    Policy,
    version=texts,
    valid_from=st.dates(),
    document=texts,
    levels=st.fixed_dictionaries(dict.fromkeys(Level, limits)),
    overrides=st.dictionaries(
        st.sampled_from(Category), st.dictionaries(st.sampled_from(Level), limits)
    ),
    starts=st.dictionaries(st.sampled_from(Category), st.sampled_from(Level)),
    warning_working_days=spans,
    follow_up_days=spans,
    silent_phone_days=spans,
    party_answer_working_days=spans,
    extension_max_days=spans,
)


def problems_of(**changes: object) -> tuple[str, ...]:
    """What is wrong with the default policy after `changes` (a key of None is taken out)."""
    mapping: dict[str, Any] = deepcopy(as_mapping(DEFAULT)) | changes
    with pytest.raises(PolicyInvalid) as refusal:
        parse({key: of for key, of in mapping.items() if of is not None})
    return refusal.value.problems


@given(policies)
def test_what_is_written_is_read_back_the_same(policy: Policy) -> None:
    assert parse(as_mapping(policy)) == policy
    assert parse(json.loads(json.dumps(as_mapping(policy)))) == policy


def test_the_default_is_a_policy_that_can_be_kept_in_a_file() -> None:
    assert parse(as_mapping(DEFAULT)) == DEFAULT


def test_small_matters_stay_in_the_village_for_a_month() -> None:
    village = limits_for(DEFAULT, Category.NEIGHBOURS, Level.VILLAGE)
    assert village == Limits(Limit.parse("3 working_days"), Limit.parse("30 days"))
    assert start_for(DEFAULT, Category.NEIGHBOURS) is Level.VILLAGE
    assert start_for(DEFAULT, Category.EXPROPRIATION) is Level.TOWNSHIP


@pytest.mark.parametrize("level", list(Level))
def test_unpaid_wages_wait_for_less_than_anything_else(level: Level) -> None:
    wages = limits_for(DEFAULT, Category.UNPAID_WAGES, level)
    other = limits_for(DEFAULT, Category.OTHER, level)
    assert wages.handle.n < other.handle.n


def test_an_override_of_one_level_leaves_the_others_as_they_are() -> None:
    county = limits_for(DEFAULT, Category.POLLUTION, Level.COUNTY)
    assert county == DEFAULT.levels[Level.COUNTY]
    assert limits_for(DEFAULT, Category.POLLUTION, Level.VILLAGE).handle.n == 15


def test_every_default_limit_can_be_counted_from_any_month(china: WorkingCalendar) -> None:
    starts = [date(2025, month, 1) for month in range(1, 13)]
    for category in Category:
        for level in Level:
            for day in starts:
                received = datetime(day.year, day.month, day.day, 8, tzinfo=LOCAL)
                deadlines = start_holding(received, limits_for(DEFAULT, category, level), china)
                assert received < deadlines.accept_by
                assert received < deadlines.handle_by


def test_a_version_in_force_cannot_be_changed_from_outside() -> None:
    levels = dict(DEFAULT.levels)
    policy = Policy("v", date(2026, 1, 1), "d", levels)
    levels.pop(Level.COUNTY)
    assert Level.COUNTY in policy.levels
    with pytest.raises(TypeError):
        policy.levels[Level.VILLAGE] = DEFAULT.levels[Level.COUNTY]  # type: ignore[index] # tried


def test_a_policy_without_a_level_is_none() -> None:
    with pytest.raises(PolicyInvalid, match=r"levels\.county"):
        Policy("v", date(2026, 1, 1), "d", {one: DEFAULT.levels[one] for one in list(Level)[:2]})


def test_spans_may_be_left_out() -> None:
    required = ("version", "valid_from", "document", "levels")
    short = {key: of for key, of in as_mapping(DEFAULT).items() if key in required}
    policy = parse(short)
    assert policy.silent_phone_days == 30
    assert policy.party_answer_working_days == 3
    assert not policy.overrides


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"version": 3}, "version"),
        ({"version": None}, "version"),
        ({"document": " "}, "document"),
        ({"valid_from": "next year"}, "valid_from"),
        ({"valid_from": None}, "valid_from"),
        ({"levels": None}, "levels"),
        ({"levels": []}, "levels"),
        ({"levels": {}}, "levels.village"),
        ({"overrides": {"neighbors": {}}}, "overrides.neighbors"),
        ({"overrides": {"other": {"city": {}}}}, "overrides.other.city"),
        (
            {"overrides": {"other": {"county": {"accept": "3 days"}}}},
            "overrides.other.county.handle",
        ),
        ({"starts": {"other": "city"}}, "starts.other"),
        ({"follow_up_days": 0}, "follow_up_days"),
        ({"follow_up_days": True}, "follow_up_days"),
        ({"follow_up_days": "30"}, "follow_up_days"),
        ({"quota_of_disputes": 5}, "quota_of_disputes"),
    ],
)
def test_a_fault_is_named_by_its_path(changes: dict[str, object], path: str) -> None:
    assert problems_of(**changes)[0].startswith(f"{path}: ")


def test_all_faults_are_named_at_once_and_each_once() -> None:
    bad = {"accept": "3 weeks", "handle": "0 days"}
    levels = {"village": bad, "township": bad}
    paths = [one.split(": ")[0] for one in problems_of(levels=levels, warning_working_days=-1)]
    assert sorted(paths) == [
        "levels.county",
        "levels.township.accept",
        "levels.township.handle",
        "levels.village.accept",
        "levels.village.handle",
        "warning_working_days",
    ]


@pytest.mark.parametrize("nothing", [None, [], "policy", 3])
def test_what_is_no_mapping_is_no_policy(nothing: object) -> None:
    with pytest.raises(PolicyInvalid, match="policy: "):
        parse(nothing)
