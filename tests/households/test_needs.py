"""Service needs: a tag stands on a consent, and goes with it, also from a phone out of reach."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import text

from server.db import transaction
from server.households.needs.rules import is_over, wrong_consent
from server.worker.jobs import end_consents
from sync.model import Op
from tests.smallcounty import SmallCounty, id_of
from tests.syncing.test_phones import Carried, base_url, carried

__all__ = ["base_url", "carried"]

HOME = str(id_of("A1w-1"))
TODAY = date(2026, 3, 2)
GIVEN: dict[str, Any] = {
    "need": "meals",
    "given_by": "self",
    "how": "oral",
    "given_on": "2026-03-01",
    "until": "2026-03-03",
}


def test_what_a_consent_must_say() -> None:
    assert wrong_consent(GIVEN, TODAY) == {}
    for change, wrong in (
        ({"given_by": None}, {"given_by": "missing"}),
        ({"how": None}, {"how": "missing"}),
        ({"given_on": None}, {"given_on": "missing"}),
        ({"until": None}, {"until": "missing"}),
        ({"need": "poor"}, {"need": "unknown_need"}),
        ({"need": ["meals"]}, {"need": "unknown_need"}),
        ({"given_on": "2026-03-03"}, {"given_on": "in_the_future"}),
        ({"given_on": "2023-01-01", "until": "2024-01-01"}, {"given_on": "too_long_ago"}),
        ({"until": "2026-02-28"}, {"until": "before_it_was_given"}),
        ({"until": "2031-01-01"}, {"until": "too_long"}),
        ({"until": "2026-3-3"}, {"until": "bad_day"}),
        ({"until": "2026-02-30"}, {"until": "bad_day"}),
        ({"until": 20260303}, {"until": "bad_day"}),
        ({"giver": "\x00"}, {"giver": "bad_text"}),
        ({"giver": "字" * 51}, {"giver": "bad_text"}),
        ({"score": 5}, {"score": "unknown_field"}),
        ({"need": "child_care"}, {"given_by": "guardian_alone"}),
    ):
        assert wrong_consent({**GIVEN, **change}, TODAY) == wrong, change
    assert wrong_consent({**GIVEN, "need": "child_care", "given_by": "guardian"}, TODAY) == {}


def test_it_holds_to_the_end_of_its_last_day() -> None:
    assert not is_over(TODAY, TODAY)
    assert is_over(TODAY, date(2026, 3, 3))


def give(county: SmallCounty, login: str = "worker-a1w", expect: int = 201, **more: Any) -> Any:
    body = {"id": str(uuid4()), **GIVEN, **more}
    return county.sign_in(login).post(f"/households/{HOME}/needs", body, expect)


def shown(county: SmallCounty, login: str = "worker-a1w") -> list[str]:
    found = county.sign_in(login).get(f"/households/{HOME}/needs")["items"]
    return [one["need"] for one in found]


def test_a_need_is_shown_while_its_consent_holds_and_not_a_minute_longer(
    county: SmallCounty,
) -> None:
    give(county, giver="示某甲")
    assert shown(county) == ["meals"]
    county.clock.now = datetime(2026, 3, 3, 15, 59, tzinfo=UTC)  # 23:59 local
    end_consents(county.worker)
    assert shown(county) == ["meals"]
    county.clock.now = datetime(2026, 3, 3, 16, 0, tzinfo=UTC)  # 24:00
    assert shown(county) == []  # before the worker has come round, too
    assert end_consents(county.worker) == 1
    (past,) = county.sign_in("township-a").get(f"/households/{HOME}/consents")["items"]
    assert (past["giver"], past["ended_how"]) == ("示**", "expired")
    assert rows(county, "SELECT count(*) FROM service_need") == [(0,)]


def rows(county: SmallCounty, sql: str) -> list[Any]:
    with transaction(county.worker) as session:
        return [tuple(row) for row in session.execute(text(sql))]


def test_it_is_taken_back_at_once_and_asked_again_before_it_ends(county: SmallCounty) -> None:
    made = give(county)
    give(county, need="mobility", until="2026-06-01")
    desk = county.sign_in("worker-a1w")
    ending = desk.get("/households/needs/ending")["items"]
    assert [one["need"] for one in ending] == ["meals"]
    assert desk.get("/households/needs/ending", days=200)["total"] == 2
    assert county.sign_in("worker-b1w").get("/households/needs/ending", days=200)["total"] == 0
    gone = desk.call("POST", f"/households/{HOME}/needs/{made['id']}/withdraw")
    assert gone.status_code == 204
    assert shown(county) == ["mobility"]
    end_consents(county.worker)
    how = "SELECT need, ended_how, ended_by IS NOT NULL FROM consent ORDER BY need"
    assert rows(county, how) == [("meals", "withdrawn", True), ("mobility", None, False)]


def test_it_is_taken_back_of_its_own_household_alone(county: SmallCounty) -> None:
    made = give(county)
    desk = county.sign_in("worker-a1w")
    for home, need in ((id_of("A1w-2"), made["id"]), (HOME, uuid4()), (uuid4(), made["id"])):
        path = f"/households/{home}/needs/{need}/withdraw"
        assert desk.call("POST", path).status_code == 404, path
    assert shown(county) == ["meals"]


def test_a_new_consent_takes_the_place_of_an_older_one_whichever_comes_first(
    county: SmallCounty,
) -> None:
    newer = give(county, given_on="2026-03-02", until="2026-09-01")
    give(county, given_on="2026-02-01", until="2026-12-01")  # an older paper, typed in later
    found = county.sign_in("worker-a1w").get(f"/households/{HOME}/needs")["items"]
    assert [one["id"] for one in found] == [newer["id"]]
    end_consents(county.worker)
    assert rows(county, "SELECT ended_how FROM consent ORDER BY given_on") == [
        ("replaced",),
        (None,),
    ]


def test_a_tag_without_consent_is_refused_and_so_is_somebody_elses_household(
    county: SmallCounty,
) -> None:
    desk, id_ = county.sign_in("worker-a1w"), str(uuid4())
    for body, status in (
        ({}, 422),
        ({"id": id_, "need": "meals"}, 422),
        ({"id": id_, **GIVEN, "until": "2020-01-01"}, 422),
        ({"id": id_, **GIVEN, "how": "presumed"}, 422),
        ([], 422),
        ({"id": id_, **GIVEN, "until": "x" * 100_000}, 422),
    ):
        answer = desk.call("POST", f"/households/{HOME}/needs", json=body)
        assert answer.status_code == status, (body, answer.text)
    other = f"/households/{id_of('B1w-1')}/needs"
    assert desk.call("POST", other, json={"id": id_, **GIVEN}).status_code == 404
    assert desk.call("GET", other).status_code == 404
    made = give(county)
    again = county.sign_in("worker-a1w").call(
        "POST", f"/households/{HOME}/needs", json={**GIVEN, "id": made["id"]}
    )
    assert (again.status_code, again.json["type"]) == (409, "/problems/need-exists")
    for login in ("system", "security", "auditor"):
        path = f"/households/{HOME}/needs"
        assert county.sign_in(login).call("GET", path).status_code == 403
    assert rows(county, "SELECT count(*) FROM consent") == [(1,)]


def test_a_phone_that_is_out_of_reach_when_a_consent_ends(
    county: SmallCounty, carried: Callable[[str], Carried]
) -> None:
    li = carried("worker-a1w")
    li.sync()
    need = li.phone.record("service_need", Op.CREATE, {"household_id": HOME, **GIVEN})
    li.sync()
    assert li.phone.set_aside() == []
    assert li.phone.rows("service_need")[need]["until"] == "2026-03-03"
    county.clock.now = datetime(2026, 3, 3, 16, 0, tzinfo=UTC)  # 24:00 local, out of reach
    later = {**GIVEN, "need": "medical", "given_on": "2026-03-02", "until": "2026-05-01"}
    second = li.phone.record("service_need", Op.CREATE, {"household_id": HOME, **later})
    end_consents(county.worker)
    li.sync()
    assert list(li.phone.rows("service_need")) == [second]
    assert li.phone.set_aside() == []


def test_a_phone_takes_a_consent_back(
    county: SmallCounty, carried: Callable[[str], Carried]
) -> None:
    li = carried("worker-a1w")
    li.sync()
    need = li.phone.record("service_need", Op.CREATE, {"household_id": HOME, **GIVEN})
    li.phone.record("service_need", Op.PATCH, {"withdrawn": True}, id=need)
    bare = li.phone.record("service_need", Op.CREATE, {"household_id": HOME, "need": "meals"})
    li.sync()
    assert li.phone.waiting() == []
    ((change, _, _),) = li.phone.set_aside()
    assert change["id"] == bare
    end_consents(county.worker)
    li.sync()
    assert li.phone.rows("service_need") == {}
    assert shown(county) == []


def test_a_need_follows_its_household(county: SmallCounty) -> None:
    give(county)
    desk = county.sign_in("township-a")
    point = [107.08, 31.95, "wgs84", 5]
    done = desk.call("PATCH", f"/households/{HOME}", json={"location": point})
    assert done.status_code == 200, done.text
    assert shown(county, "worker-a1e") == ["meals"]
    path = f"/households/{HOME}/needs"
    assert county.sign_in("worker-a1w").call("GET", path).status_code == 404
