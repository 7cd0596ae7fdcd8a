"""Who comes to the desk is registered, by forms alone."""

from __future__ import annotations

from uuid import uuid4

from tests.console.cases import STORY, listed, look, send, told
from tests.disputes.conftest import Ladder, ladder, lending
from tests.disputes.offices import table
from tests.smallcounty import id_of

__all__ = ["ladder", "lending"]  # fixtures


def test_who_comes_to_the_desk_is_registered_in_three_fields(ladder: Ladder) -> None:
    page = look(ladder, "mediator-a1", "/disputes/new")
    assert f'type="hidden" name="village_id" value="{id_of("A1")}"' in page, "only one to choose"
    assert "示例A2村" in look(ladder, "township-a", "/disputes/new")
    assert "示例B1村" not in look(ladder, "township-a", "/disputes/new")
    typed = {"id": str(id_of("walk-in")), "category": "neighbours", "story": STORY}
    typed["village_id"] = str(id_of("A1"))
    for _ in range(2):
        answer = send(ladder, "mediator-a1", "/disputes/new", **typed)
        where = f"/disputes/{typed['id']}?done=register"
        assert (answer.status_code, answer.location) == (303, where)
    assert "已登记" in look(ladder, "mediator-a1", where)
    assert listed(look(ladder, "mediator-a1")) == [typed["id"]]
    assert send(ladder, "township-b", "/disputes/new", **typed).status_code in (403, 404)


def test_a_party_is_found_by_name_or_written_down(ladder: Ladder) -> None:
    typed = {"category": "neighbours", "story": STORY, "village_id": str(id_of("A1"))}
    for login, name, village in (("mediator-a1", "示范户", "A1"), ("mediator-b1", "示外户", "B1")):
        new = {"id": str(id_of(name)), "village_id": str(id_of(village)), "head_name": name}
        ladder.desk(login).post("/households", new)
    page = told(ladder, "mediator-a1", "/disputes/new", 200, do="find", find="示范户", **typed)
    home = f"home-{id_of('示范户')}"
    assert f'name="{home}"' in page
    assert STORY in page
    assert "示**" in page
    assert "示范户" not in page.replace('value="示范户"', "")
    nobody = told(ladder, "mediator-a1", "/disputes/new", 200, do="find", find="无此人", **typed)
    assert "没有找到" in nobody
    foreign = told(ladder, "mediator-a1", "/disputes/new", 200, do="find", find="示外户", **typed)
    assert "没有找到" in foreign
    answer = send(
        ladder,
        "mediator-a1",
        "/disputes/new",
        **typed,
        **{home: "applicant", "party-1-side": "respondent", "party-1-name": "示某乙"},
        **{"party-1-telephone": "00013800011", "claims": "挪开院墙\n\n赔菜地", "channel": "letter"},
    )
    assert answer.status_code == 303, answer.text
    kept = ladder.read("county", answer.location.split("/")[2].split("?")[0])
    assert [(p["side"], p["kind"]) for p in kept["parties"]] == [
        ("applicant", "household"),
        ("respondent", "outsider"),
    ]
    assert [claim["content"] for claim in kept["claims"]] == ["挪开院墙", "赔菜地"]
    assert kept["dispute"]["channel"] == "letter"


def test_a_case_typed_wrongly_is_not_registered_and_nothing_typed_is_lost(ladder: Ladder) -> None:
    good = {"category": "neighbours", "story": STORY, "village_id": str(id_of("A1"))}
    for typed, said in (
        ({"category": ""}, 'href="#category"'),
        ({"category": "weather"}, 'href="#category"'),
        ({"story": "  "}, 'id="story-error"'),
        ({"story": "长" * 4001}, 'id="story-error"'),
        ({"village_id": "x"}, 'href="#village_id"'),
        ({"id": "x"}, "请先解决"),
        ({"people_concerned": "0"}, 'id="people_concerned-error"'),
        ({"occurred_at": "2027-01-01T10:00"}, "不能晚于现在"),
        ({"start_level": "county"}, 'id="start_level_why-error"'),
        ({"party-0-name": "示某", "party-0-side": "judge"}, 'href="#parties"'),
        ({"party-0-telephone": "打不通", "party-0-side": "applicant"}, 'href="#parties"'),
        ({"home-x": "applicant"}, 'href="#parties"'),
        ({"related_id": str(uuid4()), "relation": "same"}, "重新选择"),
    ):
        page = told(ladder, "mediator-a1", "/disputes/new", 422, **{**good, **typed})
        assert said in page, typed
        assert typed.get("story", STORY).strip() in page, typed
    other = {**good, "village_id": str(id_of("B1"))}
    assert "不在您的服务范围内" in told(ladder, "mediator-a1", "/disputes/new", 403, **other)
    assert table(ladder, "SELECT count(*) FROM dispute")[0][0] == 0
