"""One page for a case, and what people do with it in a click or two."""

from __future__ import annotations

import re
from uuid import UUID, uuid4

from server.ladder.kinds import Event
from tests.console.cases import STORY, case, listed, look, send, told
from tests.disputes.conftest import Ladder, ladder, lending
from tests.disputes.offices import table
from tests.smallcounty import id_of

__all__ = ["ladder", "lending"]  # fixtures


def test_a_case_says_who_has_it_until_when_and_what_one_may_do(ladder: Ladder) -> None:
    dispute = case(ladder, claims=[{"content": "挪开院墙", "party": 0}], spot="示例组院墙东侧")
    page = look(ladder, "mediator-a1", f"/disputes/{dispute}")
    for said in (
        STORY,
        "示例A1调解委员会",
        "000-0000000",
        "还有 3 个工作日",
        "示例组院墙东侧",
        "挪开院墙",
    ):
        assert said in page, said
    assert "示某乙" not in page
    assert "00013800011" not in page
    assert f'action="/disputes/{dispute}/accept"' in page, "one click"
    assert f'href="/disputes/{dispute}/settle"' in page
    assert f'href="/disputes/{dispute}/mediate"' not in page
    assert "案件现为“已登记”，不能“调解”" in page, "why not"
    above = look(ladder, "county", f"/disputes/{dispute}")
    assert "您是：上级单位" in above
    assert f'href="/disputes/{dispute}/supervise"' in above
    assert f'action="/disputes/{dispute}/accept"' not in above
    for login, page_of in (("mediator-a2", dispute), ("township-b", dispute), ("county", uuid4())):
        look(ladder, login, f"/disputes/{page_of}", expect=404)
    english = look(ladder, "mediator-a1", f"/disputes/{dispute}?lang=en")
    assert "What I can do now" in english
    assert "3 working days left" in english


def test_every_act_that_is_open_has_a_form_and_every_other_says_why_not(ladder: Ladder) -> None:
    dispute = case(ladder)
    said = {"request", "recuse", "ask_recusal", "alert", "note"}
    holder = said | {"accept", "settle", "refer", "withdraw", "refuse", "escalate", "join"}
    for login, open_to in {
        "mediator-a1": holder,
        "township-a": said | {"refer", "escalate", "supervise", "join"},
    }.items():
        page = look(ladder, login, f"/disputes/{dispute}")
        offered = re.findall(rf'(?:href|action)="/disputes/{dispute}/(\w+)"', page)
        assert set(offered) == open_to, login
        for act in sorted(open_to):
            form = look(ladder, login, f"/disputes/{dispute}/{act}")
            assert f'action="/disputes/{dispute}/{act}"' in form, act
    for act in ("mediate", "fulfil", "honour", "grant_extension", "reopen"):
        refused = look(ladder, "township-a", f"/disputes/{dispute}/{act}", expect=409)
        assert 'role="alert"' in refused, act
        assert f'action="/disputes/{dispute}/{act}"' not in refused, act
    for foreign in ("register", "climb", "rate", "nonsense"):
        look(ladder, "county", f"/disputes/{dispute}/{foreign}", expect=404)


def test_what_is_sent_twice_is_done_once_and_what_changed_meanwhile_is_told(ladder: Ladder) -> None:
    dispute = case(ladder)
    form = {"id": str(uuid4()), "seen": "1"}
    for _ in range(2):
        answer = send(ladder, "mediator-a1", f"/disputes/{dispute}/accept", **form)
        assert (answer.status_code, answer.location) == (303, f"/disputes/{dispute}?done=accept")
    assert ladder.kinds(dispute) == ["register", "accept"]
    assert "已记下：受理" in look(ladder, "mediator-a1", f"/disputes/{dispute}?done=accept")
    ladder.act("mediator-a1", dispute, "mediate", why="示例：谈了一次")
    address, typed = f"/disputes/{dispute}/escalate", {"id": str(uuid4()), "why": "示例：谈不拢"}
    page = told(ladder, "township-a", address, 409, seen="2", **typed)
    assert "有了新的进展" in page
    assert "示例：谈了一次" in page
    assert "示例：谈不拢" in page, "nothing typed is lost"
    assert typed["id"] in page
    assert 'name="seen" value="3"' in page
    assert send(ladder, "township-a", address, seen="3", **typed).status_code == 303
    page = told(ladder, "mediator-a1", f"/disputes/{dispute}/fail", 409, seen="4", why="示例：未成")
    assert "示例：未成" in page
    assert "存为备注" in page
    answer = send(ladder, "mediator-a1", f"/disputes/{dispute}/note", seen="2", why="示例：未成")
    assert answer.status_code == 303, "a note is welcome at any time"
    assert ladder.kinds(dispute)[-2:] == ["escalate", "note"]


def test_a_form_sent_anew_with_something_else_in_it_is_never_called_done(ladder: Ladder) -> None:
    dispute, other = case(ladder), case(ladder, "other")
    sent = {"id": str(uuid4()), "why": "示例：甲来过"}
    note, accept = (f"/disputes/{dispute}/{act}" for act in ("note", "accept"))
    assert send(ladder, "mediator-a1", note, **sent).status_code == 303
    for login, address, typed in (
        ("mediator-a1", note, {**sent, "why": "示例：乙来过"}),
        ("mediator-a1", accept, sent),
        ("mediator-a1", f"/disputes/{other}/note", sent),
        ("township-a", note, sent),
    ):
        page = told(ladder, login, address, 409, **typed)
        assert "已提交过" in page, address
        assert typed["why"] in page or address == accept, address
        assert sent["id"] not in page.split("<form")[-1], "another one can be sent"
    assert send(ladder, "mediator-a1", note, **sent).status_code == 303
    assert (ladder.kinds(dispute), ladder.kinds(other)) == (["register", "note"], ["register"])


def test_more_time_is_asked_for_and_granted_and_the_case_comes_back_down(ladder: Ladder) -> None:
    dispute = case(ladder)
    ladder.act("mediator-a1", dispute, "accept")
    ask, grant = (f"/disputes/{dispute}/{act}" for act in ("extend", "grant_extension"))
    assert send(ladder, "mediator-a1", ask, why="示例：等测绘").status_code == 303
    assert "已申请延期" in look(ladder, "mediator-a1", f"/disputes/{dispute}")
    assert send(ladder, "township-a", grant).status_code == 303
    page = look(ladder, "mediator-a1", f"/disputes/{dispute}")
    assert "已批准延期" in page
    assert "规定 43 个" in page
    ladder.act("mediator-a1", dispute, "escalate", why="示例")
    answer = send(ladder, "township-a", f"/disputes/{dispute}/return", why="示例：先在村里谈")
    assert answer.status_code == 303
    page = look(ladder, "mediator-a1", f"/disputes/{dispute}")
    assert "示例：先在村里谈" in page
    assert "由 示例A调解中心 交来" in page
    assert f'href="/disputes/{dispute}/object"' in page
    answer = send(ladder, "mediator-a1", f"/disputes/{dispute}/object", why="示例：谈过三次")
    assert answer.status_code == 303
    assert listed(look(ladder, "township-a")) == [dispute], "an objection waits for who sent it"
    assert "答复异议" in look(ladder, "township-a")


def test_a_settlement_with_its_terms_is_kept_term_by_term(ladder: Ladder) -> None:
    dispute = case(ladder, claims=[{"content": "挪开院墙"}, {"content": "赔菜地"}])
    party = ladder.read("county", dispute)["parties"][1]["id"]
    answer = send(
        ladder,
        "mediator-a1",
        f"/disputes/{dispute}/settle",
        **{"form": "written", "terms-0-what": "院墙退后半尺", "terms-0-due_on": "2026-03-20"},
        **{"terms-0-party_id": party, "terms-3-what": "水沟共修", "outcome-1": "solved"},
        **{"outcome-2": "", "present": "5", "place": "示例村委会"},
    )
    assert answer.status_code == 303, answer.text
    page = look(ladder, "mediator-a1", f"/disputes/{dispute}")
    for said in ("1. 院墙退后半尺", "2. 水沟共修", "2026年3月20日前", "已解决", "共同申请司法确认"):
        assert said in page, said
    for n in ("1", "2"):
        done = send(ladder, "mediator-a1", f"/disputes/{dispute}/fulfil", term=n)
        assert done.status_code == 303, done.text
    assert ladder.read("county", dispute)["dispute"]["status"] == "closed"


def test_an_act_typed_wrongly_says_where_and_keeps_what_was_typed(ladder: Ladder) -> None:
    dispute = case(ladder)
    ladder.act("mediator-a1", dispute, "accept")
    stranger = str(uuid4())
    for login, act, typed, status, said in (
        ("mediator-a1", "escalate", {}, 409, "请写明理由"),
        ("mediator-a1", "escalate", {"why": "长" * 4001}, 422, 'id="why-error"'),
        ("mediator-a1", "escalate", {"why": "示例", "id": "x"}, 422, "请先解决"),
        ("mediator-a1", "escalate", {"why": "示例", "id": ""}, 422, "请先解决"),
        ("mediator-a1", "settle", {}, 409, "请先记下双方同意的内容"),
        ("mediator-a1", "settle", {"agreement": "示例", "form": "x"}, 422, "核对"),
        ("mediator-a1", "settle", {"terms-0-what": "示例", "terms-0-due_on": "x"}, 422, "示例"),
        ("mediator-a1", "settle", {"terms-0-due_on": "2026-03-20"}, 422, "请先解决"),
        ("mediator-a1", "settle", {"agreement": "示例", "outcome-9": "solved"}, 422, "重新选择"),
        ("mediator-a1", "settle", {"agreement": "示例", "present": "-3"}, 422, "present-error"),
        ("mediator-a1", "settle", {"agreement": "示例", "present": "很多"}, 422, "很多"),
        ("mediator-a1", "mediate", {"why": "示例", "occurred_at": "2027-01-01T10:00"}, 422, "晚于"),
        ("mediator-a1", "mediate", {"why": "示例", "done_by": stranger}, 422, "重新选择"),
        ("mediator-a1", "refuse", {"party_id": stranger, "rights_told": "1"}, 422, "重新选择"),
        ("mediator-a1", "refer", {"why": "示例", "referred_to": "moon"}, 422, "核对"),
        ("mediator-a1", "dispose", {"disposition": "scheduled"}, 409, "处置意见"),
        ("mediator-a1", "recuse", {"person": str(id_of("user county"))}, 409, "上级单位决定"),
        ("township-a", "supervise", {"why": "示例", "kind": "listed"}, 409, "解除日期"),
        ("township-a", "supervise", {"why": "示例", "until": "2020-01-01"}, 422, "早于今天"),
        ("township-a", "join", {"why": "示例", "to_office": stranger}, 409, "接收单位"),
        ("township-a", "extend", {"why": "示例"}, 409, "由承办单位办理"),
        ("mediator-a1", "settle", {"agreement": "示例", "present": "9" * 5000}, 422, "present"),
        ("mediator-a1", "note", {"why": " ", "seen": "9" * 5000}, 422, 'id="why-error"'),
    ):
        page = told(ladder, login, f"/disputes/{dispute}/{act}", status, **typed)
        assert said in page, (login, act, typed)
        kept = typed.get("why") or typed.get("agreement") or ""
        assert kept in page, (login, act, typed)
    assert ladder.kinds(dispute) == ["register", "accept"]
    foreign = send(ladder, "mediator-a2", f"/disputes/{dispute}/note", why="示例")
    assert foreign.status_code == 404
    huge = send(ladder, "mediator-a1", f"/disputes/{dispute}/note", why="长" * 300_000)
    assert huge.status_code == 413


def test_a_name_is_shown_for_a_reason_and_the_look_is_kept(ladder: Ladder) -> None:
    dispute = case(ladder)
    parties = {p["side"]: p["id"] for p in ladder.read("county", dispute)["parties"]}
    address = f"/disputes/{dispute}/parties/{parties['respondent']}/reveal"
    told(ladder, "mediator-a1", address, 422, reason="")
    answer = send(ladder, "mediator-a1", address, reason="示例：约时间调解")
    assert answer.status_code == 200
    assert "示某乙" in answer.text
    assert "00013800011" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert f'href="{address}' not in answer.text, "the other language leads to a page that is one"
    head = address.replace(parties["respondent"], parties["applicant"])
    assert "示某A1w1" in told(ladder, "mediator-a1", head, 200, reason="示例：约时间调解")
    assert send(ladder, "mediator-a2", address, reason="示例好奇").status_code == 404
    strange = address.replace(parties["respondent"], str(uuid4()))
    assert send(ladder, "mediator-a1", strange, reason="示例好奇").status_code == 404
    kept = "SELECT action, reason FROM audit_act WHERE reason IS NOT NULL ORDER BY id"
    assert [tuple(row) for row in table(ladder, kept)] == [
        ("dispute.reveal", "示例：约时间调解"),
        ("dispute.reveal", "示例：约时间调解"),
        ("household.reveal", "示例：约时间调解"),
    ]


def test_who_steps_aside_finds_nothing_of_the_case(ladder: Ladder) -> None:
    against = {"side": "respondent", "kind": "user", "user_id": str(id_of("user mediator-a1"))}
    dispute = ladder.register(
        "township-a", "complaint", story=STORY, village_id=str(id_of("A1")), parties=[against]
    )
    assert listed(look(ladder, "mediator-a1", "/disputes?turn=all&status=any")) == []
    for address in (f"/disputes/{dispute}", f"/disputes/{dispute}/note"):
        look(ladder, "mediator-a1", address, expect=404)
    sent = send(ladder, "mediator-a1", f"/disputes/{dispute}/note", why="示例")
    assert sent.status_code == 404
    party = ladder.read("county", dispute)["parties"][0]["id"]
    peeked = send(
        ladder, "mediator-a1", f"/disputes/{dispute}/parties/{party}/reveal", reason="示例"
    )
    assert peeked.status_code == 404
    assert look(ladder, "township-a", f"/disputes/{dispute}")
    own = case(ladder, "own")
    answer = send(
        ladder, "mediator-a1", f"/disputes/{own}/recuse", person=str(id_of("user mediator-a1"))
    )
    assert (answer.status_code, answer.location) == (303, "/disputes?done=recuse")
    assert "已记下您的回避" in look(ladder, "mediator-a1", answer.location)
    look(ladder, "mediator-a1", f"/disputes/{own}", expect=404)


def test_what_was_written_for_somebody_else_says_so_with_its_times(ladder: Ladder) -> None:
    dispute = case(ladder)
    ladder.act("mediator-a1", dispute, "accept")
    ladder.county.clock.pass_time(days=1)
    answer = send(
        ladder,
        "township-a",
        f"/disputes/{dispute}/note",
        why="示例：昨天去过",
        occurred_at="2026-03-02T15:30",
        done_by=str(id_of("user mediator-a1")),
    )
    assert answer.status_code == 303, answer.text
    page = look(ladder, "county", f"/disputes/{dispute}")
    assert "示例township-a代为录入" in page
    assert "发生 2026年3月2日 15:30" in page
    assert "收到 2026年3月3日 09:00" in page
    assert page.count("发生 ") == 1, "where the times are together they are told as one"


def test_the_form_of_an_act_offers_what_the_ladder_would_take(ladder: Ladder) -> None:
    """Whatever a form offers goes through as it stands, the one Office that fits included."""
    dispute = case(ladder)
    ladder.act("mediator-a1", dispute, "escalate", why="示例")
    page = look(ladder, "township-a", f"/disputes/{dispute}/hand_down")
    offices = re.findall(r'<option value="([0-9a-f-]{36})"[^>]*>([^<]+)', page.split("<details")[0])
    assert offices == [(str(id_of("office A1")), "示例A1调解委员会")]
    answer = send(
        ladder, "township-a", f"/disputes/{dispute}/hand_down", to_office=offices[0][0], why="示例"
    )
    assert answer.status_code == 303, answer.text
    assert UUID(ladder.read("county", dispute)["dispute"]["office_id"]) == id_of("office A1")
    assert Event.HAND_DOWN.value in ladder.kinds(dispute)


def test_a_record_that_came_late_is_let_hold_in_two_clicks(ladder: Ladder) -> None:
    dispute, clock = case(ladder), ladder.county.clock
    phone = ladder.phone("mediator-a1")
    clock.pass_time(days=3)
    fields = {"dispute_id": dispute, "event": "settle", "agreement": "示例：各退半尺"}
    note = phone.note("dispute_event", **fields)
    clock.pass_time(hours=20)
    assert ladder.climb() == 1
    ladder.act("township-a", dispute, "accept")
    clock.pass_time(hours=1)
    phone.deliver()
    page = look(ladder, "township-a", f"/disputes/{dispute}")
    assert "未能办理，作为备注保留" in page
    assert "发生 2026年3月5日 09:00 · 写下 2026年3月5日 09:00 · 收到 2026年3月6日 06:00" in page
    assert f'href="/disputes/{dispute}/honour"' in page
    assert f'<option value="{note}" selected' in look(
        ladder, "township-a", f"/disputes/{dispute}/honour"
    )
    answer = send(
        ladder, "township-a", f"/disputes/{dispute}/honour", note_id=note, why="示例：核实属实"
    )
    assert answer.status_code == 303, answer.text
    page = look(ladder, "county", f"/disputes/{dispute}")
    assert "自动上报已撤销" in page
    assert ladder.read("county", dispute)["dispute"]["status"] == "settled"
