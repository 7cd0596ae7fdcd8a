"""What a phone sent and nobody could take: who sees it, who decides, and what closing does."""

from __future__ import annotations

from uuid import UUID, uuid4

from sync.clock import to_ms
from tests.smallcounty import SmallCounty, id_of
from tests.syncing.people.desk import after_hours, close, release, waiting
from tests.syncing.people.letters import Sender, acts, end_work, run


def test_the_list_says_who_what_where_and_why_and_nothing_of_the_content(
    county: SmallCounty,
) -> None:
    after_hours(county, note="老人独居")
    page = county.sign_in("township-a").get("/sync/quarantine")
    (item,) = page["items"]
    assert (item["author"], item["area"]) == ("示例worker-a1w", "示例A1村")
    assert (item["entity"], item["reason"]) == ("visit", "not-served")
    assert "不在您的服务范围内" in item["text"]
    assert item["remedy"]
    assert item["can_be_released"] is True
    assert page["counts"] == {"not-served": 1}
    assert "老人" not in str(page)


def test_the_list_is_filtered_by_reason_entity_and_author(county: SmallCounty) -> None:
    phone, aside = after_hours(county)
    wrong = phone.visit("A1w-1", outcome="inspected")
    phone.send()
    desk = county.sign_in("township-a")
    assert sorted(waiting(desk)) == sorted([aside, wrong])
    assert waiting(desk, reason="bad-visit") == [wrong]
    assert waiting(desk, entity="household") == []
    assert waiting(desk, author=str(id_of("user worker-a1e"))) == []
    assert len(waiting(desk, author=str(id_of("user worker-a1w")), limit=1)) == 1
    for nonsense in ({"reason": "x" * 99}, {"author": "x"}, {"state": "gone"}, {"limit": 0}):
        answer = desk.call("GET", "/sync/quarantine", query_string=nonsense)
        assert answer.status_code == 422, nonsense


def test_the_content_is_shown_with_a_reason_and_the_look_is_written_down(
    county: SmallCounty,
) -> None:
    phone, mid = after_hours(county, note="老人独居")
    desk = county.sign_in("township-a")
    path = f"/sync/quarantine/{phone.device}/{mid}"
    assert "set" not in desk.get(path)
    assert desk.call("POST", f"{path}/reveal", json={}).status_code == 422
    shown = desk.post(f"{path}/reveal", {"reason": "核对走访"}, expect=200)
    assert (shown["op"], shown["set"]["note"]) == ("append", "老人独居")
    ((who, why, _),) = acts(county, "sync.reveal")
    assert (who, why) == (id_of("user township-a"), "核对走访")


def test_closed_it_stays_closed_and_its_author_reads_why(county: SmallCounty) -> None:
    phone, mid = after_hours(county)
    desk = county.sign_in("township-a")
    answer = desk.call("POST", f"/sync/quarantine/{phone.device}/{mid}/close", json={})
    assert answer.status_code == 422
    close(desk, phone, mid)
    assert release(desk, phone, mid, expect=409)["type"] == "/problems/review-over"
    assert run(county, "SELECT count(*) FROM visit") == [(0,)]
    (decided,) = phone.desk.get("/sync/status")["decided"]
    assert (decided["mid"], decided["how"], decided["why"]) == (mid, "closed", "重复填写")


def test_what_holds_nothing_can_only_be_closed(county: SmallCounty) -> None:
    phone = Sender(county, "worker-a1w")
    mids = {
        phone.write("hole", "append", {}): "hole",
        phone.visit("A1w-1", note="a\x00b"): "malformed",
    }
    assert {mid: outcome["reason"] for mid, outcome in phone.send().items()} == mids
    desk = county.sign_in("township-a")
    for mid in mids:
        assert desk.get(f"/sync/quarantine/{phone.device}/{mid}")["can_be_released"] is False
        assert release(desk, phone, mid, expect=409)["type"] == "/problems/only-closed"
        close(desk, phone, mid)


def test_nobody_decides_about_their_own_but_the_county(county: SmallCounty) -> None:
    for login, expect in (("township-a", 403), ("county", 200)):
        phone = Sender(county, login)
        mid = phone.visit("A1w-1", outcome="inspected")
        phone.send()
        right = {"corrections": {"outcome": "met"}}
        told = release(phone.desk, phone, mid, expect=expect, **right)
        assert expect == 200 or told["type"] == "/problems/own-change"
    colleague = county.sign_in("county")
    assert waiting(colleague) != []


def test_only_those_in_charge_see_and_decide(county: SmallCounty) -> None:
    phone, mid = after_hours(county)
    run(county, "UPDATE assignment SET valid_to = NULL")  # its author may serve again
    path = f"/sync/quarantine/{phone.device}/{mid}"
    for login, status in {
        "worker-a1w": 403,
        "worker-a1e": 403,
        "mediator-a1": 403,
        "system": 403,
        "security": 403,
        "auditor": 403,
        "township-b": 404,
        "township-a": 200,
    }.items():
        desk = county.sign_in(login, "desk")
        assert desk.call("GET", path).status_code == status, login
        answer = desk.call("GET", "/sync/quarantine")
        assert answer.status_code == (403 if status == 403 else 200), login
        assert status == 403 or bool(answer.json["items"]) is (status == 200), login
        assert desk.call("POST", f"{path}/reveal", json={"reason": "核对"}).status_code == status
        closed = desk.call("POST", f"{path}/close", json={"why": ""}).status_code
        assert closed == (403 if status == 403 else 422), login
        assert desk.call("POST", f"{path}/release", json={}).status_code == status, login
    assert waiting(county.sign_in("county"), state="released") == [mid]


def test_a_worker_who_moved_is_judged_by_the_area_that_a_change_is_about(
    county: SmallCounty,
) -> None:
    """Li served a cell of A and now serves one of B; what Li wrote about B is not A's to read."""
    phone = Sender(county, "worker-a1w")
    end_work(county, "worker-a1w")
    run(
        county,
        """INSERT INTO assignment (id, user_id, role, cell_id, valid_from)
           VALUES (gen_random_uuid(), :user, 'grid_worker', :cell, :at)""",
        user=id_of("user worker-a1w"),
        cell=id_of("B1w"),
        at=county.clock.now,
    )
    county.clock.pass_time(hours=1)
    of_a, of_b = phone.visit("A1w-1"), phone.visit("B1e-1")
    phone.send()
    a, b = county.sign_in("township-a"), county.sign_in("township-b")
    assert (waiting(a), waiting(b)) == ([of_a], [of_b])
    assert release(a, phone, of_b, expect=404)["type"] == "/problems/not-set-aside"
    assert release(b, phone, of_b)["status"] == "applied"


def test_an_unknown_change_is_not_found_and_nonsense_is_a_problem(county: SmallCounty) -> None:
    desk = county.sign_in("township-a")
    nobody = UUID(int=0)
    for path in (f"{nobody}/{nobody}", f"{nobody}/{uuid4()}"):
        for verb, body in (("release", {}), ("close", {"why": "重复"})):
            answer = desk.call("POST", f"/sync/quarantine/{path}/{verb}", json=body)
            assert answer.status_code == 404
    assert desk.call("POST", "/sync/quarantine/x/y/release", json={}).status_code == 404


def test_the_clocks_of_a_phone_are_kept_as_they_were_read(county: SmallCounty) -> None:
    phone = Sender(county, "worker-a1w")
    read = phone.reading()
    good, wrong = phone.visit("A1w-1"), phone.visit("A1w-1", outcome="inspected")
    county.clock.pass_time(minutes=30)
    phone.send()
    rows = run(
        county,
        "SELECT cast(mid AS text), wall, elapsed, boot, proof, recorded_at FROM sync_receipt",
    )
    assert sorted(row[0] for row in rows) == sorted([good, wrong])
    for _, wall, elapsed, boot, proof, recorded_at in rows:
        assert {"wall": wall, "elapsed": elapsed, "boot": boot} == read
        assert (proof, to_ms(recorded_at)) == ("proved", read["wall"])


def serve(county: SmallCounty, login: str, cell: str, since: str, until: str | None = None) -> None:
    """Somebody serves a cell for a while."""
    run(
        county,
        """INSERT INTO assignment (id, user_id, role, cell_id, valid_from, valid_to)
           VALUES (gen_random_uuid(), :user, 'grid_worker', :cell, :since, :until)""",
        user=id_of(f"user {login}"),
        cell=id_of(cell),
        since=since,
        until=until,
    )


def nowhere(phone: Sender) -> list[str]:
    """A hole, a note that cannot be read, a visit of nobody knows whom: no place is known."""
    return sorted(
        [
            phone.write("hole", "append", {}),
            phone.visit("B1w-1", note="a\x00b"),
            phone.visit(str(uuid4())),
        ]
    )


def test_what_is_about_no_known_place_is_for_whoever_was_in_charge_of_its_author_then(
    county: SmallCounty,
) -> None:
    """Six years ago Li helped out in A for a spring: that is over."""
    serve(county, "worker-b1w", "A1w", "2020-03-01", "2020-06-01")
    phone = Sender(county, "worker-b1w")
    mids = nowhere(phone)
    phone.send()
    a, b = county.sign_in("township-a"), county.sign_in("township-b")
    assert (waiting(a), sorted(waiting(b))) == ([], mids)
    for mid in mids:
        path = f"/sync/quarantine/{phone.device}/{mid}"
        assert a.call("GET", path).status_code == 404
        assert a.call("POST", f"{path}/reveal", json={"reason": "核对"}).status_code == 404
        close(a, phone, mid, expect=404)
        close(b, phone, mid)


def test_what_was_written_before_its_author_left_is_still_theirs_to_judge(
    county: SmallCounty,
) -> None:
    phone = Sender(county, "worker-a1w")
    before = phone.visit(str(uuid4()))
    county.clock.pass_time(hours=1)
    end_work(county, "worker-a1w")
    serve(county, "worker-a1w", "B1w", county.clock.now.isoformat())
    county.clock.pass_time(hours=1)
    after = phone.visit(str(uuid4()))
    phone.send()
    assert waiting(county.sign_in("township-a")) == [before]
    assert sorted(waiting(county.sign_in("township-b"))) == sorted([before, after])


def test_a_village_that_there_is_none_of_hides_nothing(county: SmallCounty) -> None:
    phone = Sender(county, "worker-a1w")
    nonsense = str(uuid4())
    said = {"category": "neighbours", "story": "示例：檐水", "village_id": nonsense}
    mids = [
        phone.write("household", "create", {"village_id": nonsense, "head_name": "示某新"}),
        phone.write("dispute", "create", said),
    ]
    phone.send()
    desk = county.sign_in("township-a")
    assert sorted(waiting(desk)) == sorted(mids)
    right = {"village_id": str(id_of("A1"))}
    assert release(desk, phone, mids[0], corrections=right)["status"] == "applied"
