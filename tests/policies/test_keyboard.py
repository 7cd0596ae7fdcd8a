"""A county's IT reviews a policy file, loads it, and looks after the calendar."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server.db import transaction
from server.ladder.calendar import Limit, local_day
from server.ladder.clocks import Limits
from server.ladder.policy import DEFAULT
from server.ladder.routing import Category, Level
from server.policies import service
from server.policies.rules.written import read_policy, write_policy
from tests.cli.keyboard import Keyboard, environment
from tests.smallcounty import SmallCounty

# Commands act today: a policy that is valid from the day on which this runs.
TODAY = local_day(datetime.now(UTC))
WAGES = {**DEFAULT.overrides[Category.UNPAID_WAGES]}
REVISED = replace(
    DEFAULT,
    version="revised",
    valid_from=TODAY + timedelta(days=1),
    follow_up_days=60,
    overrides={
        **DEFAULT.overrides,
        Category.UNPAID_WAGES: {
            **WAGES,
            Level.VILLAGE: Limits(Limit.parse("1 working_days"), Limit.parse("5 days")),
        },
    },
)


@pytest.fixture
def keyboard(county: SmallCounty, database: str, tmp_path: Path) -> Keyboard:
    """At the server of the small county, with its first policy and its calendar."""
    with transaction(county.worker) as session:
        service.ensure_policy(session, county.worker)
    return Keyboard(environment(database, tmp_path))


def kept(folder: Path, content: str) -> Path:
    path = folder / "policy.yaml"
    path.write_text(content, "utf-8")
    return path


def test_a_file_is_checked_then_loaded_then_shown(keyboard: Keyboard, tmp_path: Path) -> None:
    path = kept(tmp_path, write_policy(REVISED))
    checked = keyboard.type("policy", "check", path)
    assert "overrides.unpaid_wages.village.handle: 7 days → 5 days" in checked
    assert "follow_up_days: 30 → 60" in checked
    assert "1工/7日 → 1工/5日" in checked
    assert "default-1" in keyboard.type("policy", "show"), "a check writes nothing"
    assert "revised" not in keyboard.type("policy", "show")

    loaded = keyboard.type("policy", "load", path)
    assert f"Version 2 is in force from {REVISED.valid_from}" in loaded
    assert "nothing changed" in keyboard.type("policy", "load", path)
    assert read_policy(keyboard.type("policy", "show", "--version", 2, "--yaml").encode()) == (
        REVISED
    )
    assert read_policy(keyboard.type("policy", "show", "--yaml").encode()) == DEFAULT


def test_a_wrong_file_is_told_line_by_line_and_changes_nothing(
    keyboard: Keyboard, tmp_path: Path
) -> None:
    wrong = write_policy(REVISED).replace("follow_up_days: 60", "follow_up_days: many")
    path = kept(tmp_path, wrong.replace("township: {accept", "town: {accept"))
    for command in ("check", "load"):
        said = keyboard.fails("policy", command, path)
        assert "follow_up_days: " in said
        assert "levels.town: " in said
    assert "revised" not in keyboard.type("policy", "show")


def test_what_cannot_be_loaded_says_why(keyboard: Keyboard, tmp_path: Path) -> None:
    past = replace(REVISED, valid_from=TODAY - timedelta(days=1))
    path = kept(tmp_path, write_policy(past))
    assert "--backdated" in keyboard.type("policy", "check", path)
    assert "say why" in keyboard.fails("policy", "load", path)
    keyboard.type("policy", "load", path, "--backdated", "文件昨日下发")
    other = tmp_path / "other.yaml"
    other.write_text(write_policy(replace(past, follow_up_days=61)), "utf-8")
    for command in ("check", "load"):
        assert "another policy" in keyboard.fails("policy", command, other)
    assert "--backdated" not in keyboard.type("policy", "check", path), "it was loaded with one"
    outlived = replace(past, version="older", valid_from=TODAY - timedelta(days=2))
    older = kept(tmp_path, write_policy(outlived))
    assert "never would be" in keyboard.fails("policy", "check", older)
    assert "no such version" in keyboard.fails("policy", "show", "--version", 9)
    assert "nowhere.yaml" in keyboard.fails("policy", "check", tmp_path / "nowhere.yaml")


def test_a_year_is_shown_month_by_month(keyboard: Keyboard) -> None:
    shown = keyboard.type("calendar", "show", 2026)
    assert "2026-02" in shown
    assert "14班" in shown  # make-up Saturday
    assert "17休" in shown  # Spring Festival
    assert "2026-02-14 班 调休上班" in shown
    assert "Provisional" not in shown
    assert "Provisional" in keyboard.type("calendar", "show", 2027)


def test_a_year_that_nobody_loaded_says_what_to_do(keyboard: Keyboard) -> None:
    assert "wangge calendar load" in keyboard.fails("calendar", "show", 2040)
    keyboard.type("calendar", "load", "--year", 2040)
    assert "Provisional" in keyboard.type("calendar", "show", 2040)


def test_a_published_list_is_loaded(keyboard: Keyboard, tmp_path: Path) -> None:
    path = tmp_path / "days.csv"
    rest = ("01-01", "02-05", "02-08", "04-05", "06-09", "09-15", "10-01")
    lines = [*(f"2027-{day},休息,节日" for day in rest), "2027-02-20,上班,"]
    path.write_text("\n".join(["日期,上班,名称", *lines]), "utf-8")
    said = keyboard.type("calendar", "load", "--file", path)
    assert "years 2027" in said
    assert "Provisional" not in keyboard.type("calendar", "show", 2027)

    path.write_text("\n".join(["日期,上班,名称", *lines[:-2], lines[-1]]), "utf-8")
    refused = keyboard.fails("calendar", "load", "--file", path)
    assert "2027-10-01: holiday_left_out" in refused

    path.write_text("日期,上班\n2027-02-08,不知道\n", "utf-8")
    assert "line 2: working_or_rest" in keyboard.fails("calendar", "load", "--file", path)


def test_the_county_sets_a_day_with_a_reason(keyboard: Keyboard) -> None:
    keyboard.type("calendar", "set", "2026-03-03", "--rest", "--why", "县里本地节日")
    shown = keyboard.type("calendar", "show", 2026)
    assert "3休*" in shown
    assert "2026-03-03 休 （县里本地节日）" in shown
    assert keyboard.type("calendar", "set", "2026-03-03", "--rest", expect=2)
    assert keyboard.type("calendar", "set", "2026-03-03", "--rest", "--why", " ", expect=2)
    assert keyboard.type("calendar", "set", "2026-03-03", "--why", "x", expect=2)
    assert keyboard.type("calendar", "set", "3 March", "--rest", "--why", "x", expect=2)
    assert "wangge calendar load" in keyboard.fails(
        "calendar", "set", "2099-03-03", "--rest", "--why", "x"
    )
