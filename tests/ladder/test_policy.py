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
from server.ladder.policy import (
    CATEGORY_SPANS,
    DEFAULT,
    SPANS,
    Granter,
    Policy,
    as_mapping,
    extension_for,
    follow_up_for,
    granter_for,
    limits_for,
    parse,
    route_for,
    start_for,
)
from server.ladder.routing import Category, Level, OfficeKind

limits = st.builds(
    Limits,
    *(st.builds(Limit, st.integers(1, 200), st.sampled_from(Unit)) for _ in ("accept", "handle")),
)
spans = st.integers(1, 400)
texts = st.text("2026-默认v.", min_size=1)
categories = st.sampled_from(Category)
granters = st.fixed_dictionaries(
    {},
    optional={
        Level.VILLAGE: st.sampled_from(Granter),
        Level.TOWNSHIP: st.sampled_from(Granter),
        Level.COUNTY: st.just(Granter.LEADER),
    },
)
policies = st.builds(
    Policy,
    version=texts,
    valid_from=st.dates(),
    document=texts,
    levels=st.fixed_dictionaries(dict.fromkeys(Level, limits)),
    overrides=st.dictionaries(categories, st.dictionaries(st.sampled_from(Level), limits)),
    starts=st.dictionaries(categories, st.sampled_from(Level)),
    routes=st.dictionaries(categories, st.sampled_from(OfficeKind)),
    grants=granters,
    category_spans=st.dictionaries(
        categories, st.dictionaries(st.sampled_from(CATEGORY_SPANS), spans)
    ),
    confirmation_days=st.integers(101, 400),
    confirmation_reminder_days=st.integers(1, 100),
    **{name: spans for name in SPANS if not name.startswith("confirmation")},
)


def problems_of(changes: dict[Any, object]) -> tuple[str, ...]:
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


def test_a_body_stored_before_a_span_had_a_name_is_read_with_the_value_that_stays() -> None:
    """As version 1 of a county stands in its database: new names must not make it unreadable."""
    stored = {
        "version": "default-1",
        "valid_from": "2024-01-01",
        "document": "出厂默认值",
        "levels": {one.value: {"accept": "3 working_days", "handle": "30 days"} for one in Level},
        "overrides": {"pollution": {"village": {"accept": "1 working_days", "handle": "15 days"}}},
        "starts": {"expropriation": "township"},
        "warning_working_days": 3,
        "follow_up_days": 30,
        "silent_phone_days": 30,
        "party_answer_working_days": 3,
        "extension_max_days": 30,
    }
    policy = parse(json.loads(json.dumps(stored)))
    assert policy.extension_answer_working_days == 3
    assert policy.objection_working_days == 5
    assert (policy.confirmation_days, policy.confirmation_reminder_days) == (30, 10)
    assert policy.term_reminder_days == 3
    assert route_for(policy, Category.NEIGHBOURS) is None
    assert [granter_for(policy, level) for level in Level] == ["upper", "upper", "leader"]


def test_a_body_that_names_a_number_of_the_past_is_read_without_it() -> None:
    stored = as_mapping(DEFAULT) | {"code_rating_days": 90}
    assert parse(stored) == DEFAULT
    assert "code_rating_days" not in as_mapping(parse(stored))


def test_a_category_may_have_spans_of_its_own() -> None:
    policy = parse(
        as_mapping(DEFAULT)
        | {"category_spans": {"expropriation": {"follow_up_days": 90, "extension_max_days": 10}}}
    )
    assert follow_up_for(policy, Category.EXPROPRIATION) == 90
    assert extension_for(policy, Category.EXPROPRIATION) == 10
    assert follow_up_for(policy, Category.NEIGHBOURS) == policy.follow_up_days == 30
    assert extension_for(policy, Category.NEIGHBOURS) == policy.extension_max_days == 30


def test_a_category_goes_to_the_kind_of_office_that_the_county_names() -> None:
    policy = parse(as_mapping(DEFAULT) | {"routes": {"neighbours": "mediation_committee"}})
    assert route_for(policy, Category.NEIGHBOURS) is OfficeKind.MEDIATION_COMMITTEE
    assert route_for(policy, Category.MEDICAL) is None


def test_an_office_may_let_its_own_leader_grant_and_the_county_has_nobody_else() -> None:
    policy = parse(as_mapping(DEFAULT) | {"grants": {"township": "leader"}})
    assert [granter_for(policy, level) for level in Level] == ["upper", "leader", "leader"]


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
        ({"follow_up_days": 3661}, "follow_up_days"),
        ({"version": "v" * 1001}, "version"),
        ({"document": "two\0parts"}, "document"),
        ({"routes": {"neighbours": "court"}}, "routes.neighbours"),
        ({"routes": ["neighbours"]}, "routes"),
        ({"grants": {"village": "nobody"}}, "grants.village"),
        ({"grants": {"county": "upper"}}, "grants.county"),
        ({"category_spans": {"other": {"silent_phone_days": 3}}}, "category_spans.other.silent_"),
        ({"category_spans": {"other": {"follow_up_days": 0}}}, "category_spans.other.follow_up_"),
        ({"confirmation_reminder_days": 30}, "confirmation_reminder_days"),
        ({"quota_of_disputes": 5}, "quota_of_disputes"),
        ({3: 5}, "3"),
    ],
)
def test_a_fault_is_named_by_its_path(changes: dict[Any, object], path: str) -> None:
    assert problems_of(changes)[0].startswith(path)


def test_all_faults_are_named_at_once_and_each_once() -> None:
    bad = {"accept": "3 weeks", "handle": "0 days"}
    levels = {"village": bad, "township": bad}
    paths = [
        one.split(": ")[0] for one in problems_of({"levels": levels, "warning_working_days": -1})
    ]
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
