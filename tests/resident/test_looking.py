"""A resident follows the own case, and sees nothing of anybody else's."""

from __future__ import annotations

import json
import logging
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from server.codes import grouped, new_code
from server.db import DbRole, Identity, db, resident, transaction
from server.disputes.service.codes import digest_of
from server.erasure.queries import statements
from server.erasure.queries.taking import take_away
from server.resident.service import look
from tests.docs.blocks import blocks_of
from tests.resident.conftest import CANARIES, Residents
from tests.smallcounty import Desk, id_of

GOOD_BUT_UNKNOWN = new_code(b"nobody has this!")


def test_where_the_case_stands_is_told_as_the_page_shows_it(residents: Residents) -> None:
    shown = {
        one.kind: json.loads(one.text) for one in blocks_of("residents.md") if "json" in one.kind
    }
    parties = [{"side": "applicant", "kind": "outsider", "code": shown["json look"]["code"]}]
    wall = residents.quarrel(parties=parties)
    assert residents.send("case", **shown["json look"]) == shown["json case"]
    residents.ladder.act("mediator-a1", wall, "accept")
    residents.ladder.act("mediator-a1", wall, "settle", agreement="各退半尺")
    told = residents.send("rating", **shown["json rating"])
    assert told["outcome"]["slug"] == "kept"


def test_every_office_is_told_with_its_day(residents: Residents) -> None:
    wall = residents.quarrel()
    code = residents.code(wall, "respondent")
    residents.ladder.act("mediator-a1", wall, "accept")
    residents.ladder.act("mediator-a1", wall, "escalate", why=CANARIES[-1])
    village, township = residents.case(code)["steps"]
    assert village["ended"]["slug"] == "escalate"
    assert (village["office"], village["ended_on"]) == ("示例A1调解委员会", "2026-03-02")
    assert township["level"]["zh"] == "乡镇"
    assert (township["telephone"], township["ended"]) == ("000-0000000", None)


def test_nobody_else_is_in_any_answer(residents: Residents) -> None:
    wall = residents.quarrel()
    codes = [residents.code(wall, side) for side in ("applicant", "respondent")]
    residents.ladder.act("mediator-a1", wall, "accept", why=CANARIES[-1])
    residents.ladder.act("mediator-a1", wall, "mediate", why=CANARIES[-1])
    residents.ladder.act("mediator-a1", wall, "fail", why=CANARIES[-1], rights_told=True)
    for code in codes:
        told = residents.case(code)
        assert told["rights_told"] is True
        assert len(told["ways"]) == 4
    for answer in residents.answers:
        said = answer.get_data(as_text=True) + str(answer.headers)
        assert not [canary for canary in CANARIES if canary in said]
        assert "示例mediator" not in said  # nobody of the staff
        assert wall not in said  # and no id by which to ask elsewhere
        assert not [party for party in residents.parties.values() if party in said]


def test_a_replaced_code_is_dead_at_once(residents: Residents) -> None:
    wall = residents.quarrel()
    lost = residents.code(wall)
    found = residents.code(wall, login="worker-a1w")
    residents.send("case", lost, expect=404)
    assert residents.case(found)["status"]["slug"] == "registered"
    acts = residents.look("SELECT what->>'party' FROM audit_act WHERE action = 'dispute.code'")
    assert [party for (party,) in acts] == [residents.parties["applicant"]] * 2


def test_a_code_belongs_to_one_party(residents: Residents) -> None:
    wall = residents.quarrel()
    one, other = residents.code(wall), residents.code(wall, "respondent")
    assert "withdraw" in [act["slug"] for act in residents.case(one)["can"]]
    assert "withdraw" not in [act["slug"] for act in residents.case(other)["can"]]
    residents.code(wall)
    residents.case(other)  # the other party's slip is still good


def test_a_year_after_it_came_to_rest_the_code_is_over(residents: Residents) -> None:
    wall = residents.quarrel()
    code = residents.code(wall)
    residents.ladder.act("mediator-a1", wall, "accept")
    residents.ladder.act("mediator-a1", wall, "settle", agreement="各退半尺")
    residents.county.clock.pass_time(days=364)
    assert residents.case(code)["status"]["slug"] in ("settled", "closed")
    residents.county.clock.pass_time(days=2)
    residents.send("case", code, expect=404)


def test_a_code_that_a_phone_made_offline_is_good(residents: Residents) -> None:
    code = new_code(b"made on the hill")
    phone = residents.ladder.phone("worker-a1w")
    party = {"side": "applicant", "kind": "outsider", "name": CANARIES[1], "code": grouped(code)}
    phone.note(
        "dispute",
        category="neighbours",
        story=CANARIES[0],
        cell_id=str(id_of("A1w")),
        parties=[party],
    )
    again = list(phone.changes)
    assert [one["status"] for one in phone.deliver()] == ["applied"]
    assert residents.case(code.lower())["category"]["slug"] == "neighbours"
    phone.changes = again  # the answer was lost
    assert [one["status"] for one in phone.deliver()] == ["duplicate"]
    residents.case(code)
    kept = "".join(
        row for (row,) in residents.look("SELECT to_jsonb(e)::text FROM dispute_event e")
    )
    assert code not in kept
    assert grouped(code) not in kept


def test_an_erased_household_leaves_no_code_and_no_comment(residents: Residents) -> None:
    home = {"side": "applicant", "kind": "household", "household_id": str(id_of("A1w-1"))}
    wall = residents.quarrel(parties=[home])
    code = residents.code(wall)
    residents.ladder.act("mediator-a1", wall, "accept")
    residents.ladder.act("mediator-a1", wall, "settle", agreement="各退半尺")
    residents.send("rating", code, rating="fair", comment=CANARIES[-1])
    with transaction(residents.county.worker) as session:
        gone = take_away(
            session, statements.HOUSEHOLD, [id_of("A1w-1")], residents.county.clock.now
        )
        assert (gone["codes"], gone["comments"], gone["parties"]) == (1, 1, 1)
    residents.send("case", code, expect=404)
    assert residents.look("SELECT rating, comment FROM rating") == [("fair", None)]


def test_two_desks_make_a_code_at_the_same_moment(residents: Residents) -> None:
    """One of them may have to do it again; never does a desk show a code that is dead."""
    wall = residents.quarrel()
    desks = [residents.ladder.desk(login) for login in ("mediator-a1", "township-a")]
    path = f"/disputes/{wall}/parties/{residents.parties['applicant']}/code"
    ready, answers = Barrier(2), []

    def make(desk: Desk) -> None:
        ready.wait()
        answers.append(desk.call("POST", path))

    threads = [Thread(target=make, args=(desk,)) for desk in desks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made = [answer.json["code"] for answer in answers if answer.status_code == 201]
    assert {answer.status_code for answer in answers} <= {201, 409}
    (alive,) = residents.look("SELECT count(*) FROM party_code WHERE ended_at IS NULL")
    assert alive == (1,)
    looks = [
        residents.county.app.test_client().post("/api/v1/resident/case", json={"code": one})
        for one in made
    ]
    assert [one.status_code for one in looks].count(200) == 1


def test_whatever_is_no_code_looks_the_same(residents: Residents) -> None:
    wall = residents.quarrel()
    lost, old = residents.code(wall), residents.code(wall, "respondent")
    residents.code(wall)
    residents.look(
        "UPDATE holding SET ended_at = '2020-01-01', ended_how = 'settle', due_at = NULL"
    )
    wrong = (GOOD_BUT_UNKNOWN, lost, old, lost[:-1] + "3", "", " ", "x" * 200, "示例", "\u0007")
    told = {json.dumps(_bare(residents, code)) for code in wrong}
    assert len(told) == 1
    assert "code-unknown" in told.pop()


def _bare(residents: Residents, code: str) -> Any:
    """Body, status and headers, but for the number of the request."""
    body = residents.send("case", code, expect=404)
    headers = dict(residents.answers[-1].headers)
    number = headers.pop("X-Request-Id")
    assert body.pop("request") == number
    return [body, headers]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"{", 400),
        (b"[]", 422),
        (b'{"code": 5}', 422),
        (b'{"code": null}', 422),
        (b'{"code": ["a"]}', 422),
        (b'{"code": "\\u0000"}', 400),
        (b'{"code": NaN}', 400),
        (b'{"code": "a", "party": "b"}', 422),
        (b'{"code": "' + b"3" * 201 + b'"}', 422),
        (b"[" * 100_000, 400),
    ],
)
def test_bad_bodies_get_a_clear_problem(residents: Residents, body: bytes, status: int) -> None:
    client = residents.county.app.test_client()
    for verb in ("case", "rating", "request", "answer", "recusal", "withdraw", "refuse"):
        path = f"/api/v1/resident/{verb}"
        answer = client.post(path, data=body, content_type="application/json")
        assert answer.status_code == status, (verb, answer.text)
        assert answer.content_type == "application/problem+json"
        assert answer.headers["Cache-Control"] == "no-store"


def test_a_code_is_in_no_log(
    residents: Residents, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("wangge"), "propagate", True)
    for name in ("", "wangge", "wangge.request"):  # whatever an earlier test made of them
        caplog.set_level(logging.DEBUG, logger=name)
    code = residents.code(residents.quarrel())
    residents.case(code)
    residents.send("case", code[:-1], expect=404)
    residents.county.app.test_client().post("/r", data={"code": code})
    said = "".join(f"{one.getMessage()} {one.__dict__}" for one in caplog.records)
    assert "/api/v1/resident/case" in said
    for part in (code, code.replace("-", ""), code[:9], code.replace("-", "")[:8]):
        assert part not in said
    kept = residents.look("SELECT a::text FROM audit_act a")
    assert not [row for (row,) in kept if code.replace("-", "") in row or code in row]


TABLES = (
    *("dispute", "holding", "office", "party", "term", "dispute_event", "rating"),
    *("resident_receipt", "policy_version", "calendar_day"),
)


def test_without_a_code_the_role_sees_nothing(residents: Residents) -> None:
    residents.code(residents.quarrel())
    now = residents.county.clock.now
    for digest in (b"", digest_of(GOOD_BUT_UNKNOWN)):
        with transaction(resident(now, digest)) as session:
            for table in TABLES:
                column = "party_id" if table == "dispute_event" else "1"
                assert session.scalars(text(f"SELECT {column} FROM {table}")).all() == [], table


def test_with_a_code_it_sees_its_case_and_few_columns(residents: Residents) -> None:
    residents.quarrel("another")
    wall = residents.quarrel()
    by = resident(residents.county.clock.now, digest_of(residents.code(wall)))
    with transaction(by) as session:
        assert [str(id_) for id_ in session.scalars(text("SELECT id FROM dispute"))] == [wall]
        (party,) = session.scalars(text("SELECT id FROM party"))
        assert str(party) == residents.parties["applicant"]
        assert session.scalars(text("SELECT dispute_id FROM holding")).all() == [
            session.scalar(text("SELECT id FROM dispute"))
        ]
    for hidden in (
        *("SELECT story FROM dispute", "SELECT recorded_by FROM dispute"),
        *("SELECT name FROM party", "SELECT telephone FROM party", "SELECT * FROM claim"),
        *(
            "SELECT done_by FROM dispute_event",
            "SELECT * FROM party_code",
            "SELECT * FROM user_account",
        ),
        *("SELECT * FROM household", "SELECT * FROM assignment", "SELECT * FROM knock"),
    ):
        with pytest.raises(DBAPIError, match="permission denied"), transaction(by) as session:
            session.execute(text(hidden))


def test_a_look_costs_the_same_in_a_county_of_any_size(residents: Residents) -> None:
    wall = residents.quarrel()
    code = residents.code(wall)
    residents.send("request", code)
    residents.ladder.act("mediator-a1", wall, "answer", why="本周五")
    residents.ladder.register_many("mediator-a1", 60)
    by = resident(residents.county.clock.now, digest_of(code))
    db.engine.dispose()  # a new connection: an older one keeps the plans it made of small tables
    with transaction(by) as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))  # only what no index can find
        read = text("SELECT relname, seq_scan FROM pg_stat_xact_user_tables WHERE seq_scan > 0")
        before = session.execute(read).all()
        assert look(session, by).asked
        assert session.execute(read).all() == before
        events = "FROM pg_stat_xact_user_tables WHERE relname = 'dispute_event'"
        assert session.scalars(text(f"SELECT idx_tup_fetch {events}")).one() < 60


def test_staff_read_no_digest_and_make_no_code_of_others(residents: Residents) -> None:
    wall = residents.quarrel()
    residents.code(wall)
    path = f"/disputes/{wall}/parties/{residents.parties['applicant']}"
    for login in ("mediator-b1", "worker-b1w", "township-b"):
        for verb, how in (("POST", "code"), ("POST", "slip"), ("GET", "slip")):
            body: dict[str, Any] = {"json": {}} if (verb, how) == ("POST", "slip") else {}
            answer = residents.ladder.desk(login).call(verb, f"{path}/{how}", **body)
            assert answer.json["type"] == "/problems/party-not-found", (login, verb, how)
    county: Identity = residents.county.identity("county", role=DbRole.APP)
    with pytest.raises(DBAPIError, match="permission denied"), transaction(county) as session:
        session.execute(text("SELECT digest FROM party_code"))
