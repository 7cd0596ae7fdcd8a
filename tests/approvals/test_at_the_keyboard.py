"""At the county's server: it asks, and a person decides there in their own name."""

from __future__ import annotations

import re
from pathlib import Path

from server.erasure import rounds
from tests.approvals.conftest import acts
from tests.cli.keyboard import Keyboard, environment
from tests.smallcounty import PASSWORD, SmallCounty, id_of


def test_it_asks_prints_a_number_and_a_person_allows_it(
    county: SmallCounty, tmp_path: Path
) -> None:
    rounds.look_after(county.worker, tmp_path)  # the web opens: this database is a copy of another
    keyboard = Keyboard({**environment(county.url, tmp_path), "WANGGE_SECOND_FACTOR": "optional"})
    file = tmp_path / "all.csv"
    take = ("export", "households", file, "--unmasked", "年度归档")
    said = keyboard.type(*take, expect=1)
    found = re.search(r"approval: ([0-9a-f-]{36})", said)
    assert found
    number = found[1]
    assert number in keyboard.type(*take, expect=1)  # asked twice is asked once
    assert "年度归档" in keyboard.type("approvals", "list", "--waiting")
    (typed,) = acts(county, "approval.ask")
    assert re.fullmatch(r"年度归档（.+@.+）", typed.reason or "")  # who sat there, for the decider
    assert "Nobody has decided" in keyboard.fails(*take, "--approval", number)

    def decide(verb: str, login: str, *more: str) -> tuple[object, ...]:
        who = ("--login", login, "--password-stdin", "--yes")
        return ("approvals", verb, number, *who, *more)

    # System administrators sit there, and may not; a wrong password is nobody.
    assert "may not do this" in keyboard.fails(*decide("approve", "system"), stdin=PASSWORD)
    assert "wrong" in keyboard.fails(*decide("approve", "county"), stdin="something else")
    assert "年度归档" in keyboard.type(*decide("approve", "county"), stdin=PASSWORD)
    keyboard.type(*take, "--approval", number)
    assert "示某A1w1" in file.read_text("utf-8-sig")
    assert "was used" in keyboard.fails(*take, "--approval", number)
    assert "was used" in keyboard.fails(
        *decide("refuse", "security", "--why", "不妥"), stdin=PASSWORD
    )
    assert [act.user_id for act in acts(county, "approval.")] == [
        None,
        id_of("user county"),
        None,
    ]


def test_what_was_asked_at_the_keyboard_is_taken_back_there(
    county: SmallCounty, tmp_path: Path
) -> None:
    keyboard = Keyboard(environment(county.url, tmp_path))
    take = ("export", "disputes", tmp_path / "all.csv", "--unmasked", "年度归档")
    number = re.findall(r"approval: (\S{36})", keyboard.type(*take, expect=1))[0]
    keyboard.type("approvals", "withdraw", number)
    assert "withdrawn" in keyboard.type("approvals", "list")
    assert "withdrawn" in keyboard.fails(*take, "--approval", number)
    assert "no such approval" in keyboard.fails("approvals", "withdraw", id_of("another"))
