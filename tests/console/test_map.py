"""The page of the map without scripts: an answer in words, a table, a cell's panel."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from flask_babel import refresh
from shapely import box
from sqlalchemy import text

from server.console.township.map import sheet, views
from server.db import transaction
from server.errors import TryLater
from server.places import queries as places
from server.settings import BadSettings, from_environment
from tests.smallcounty import CELLS, SOUTH, VILLAGES, WEST, Desk, SmallCounty, id_of


def look(desk: Desk, address: str = "/map", expect: int = 200) -> str:
    """A page as a browser gets it."""
    refresh()  # the language: a test's requests share one context of the application
    answer = desk.open("GET", address, headers={"Accept": "text/html"})
    assert answer.status_code == expect, answer.text
    return str(answer.text)


def told(said: str) -> dict[str, Any]:
    """What the page tells its scripts."""
    found = re.search(r'<script type="application/json" id="cells">(.*?)</script>', said, re.S)
    assert found
    read: dict[str, Any] = json.loads(found[1])
    return read


def sketched(said: str) -> dict[str, tuple[str, str]]:
    """Cell → its class and its path, on the picture."""
    found = re.findall(
        r'<a class="([a-z0-9-]+)" href="/map[^"]+" data-cell="([0-9]{15})" tabindex="-1">'
        r'<path d="([^"]+)"( fill="url\(#hatch\)")?/></a>',
        said,
    )
    assert all((shade == "unknown") == bool(hatched) for shade, _, _, hatched in found)
    return {code: (shade, path) for shade, code, path, _ in found}


def corners(path: str) -> set[tuple[int, int]]:
    """Of one ring that is told by steps: M x y l dx dy …"""
    x, y, *steps = (int(number) for number in re.findall(r"-?[0-9]+", path))
    found = {(x, y)}
    for right, down in zip(steps[::2], steps[1::2], strict=True):
        x, y = x + right, y + down
        found.add((x, y))
    return found


def test_the_answer_stands_in_words_before_the_picture(county: SmallCounty) -> None:
    desk = county.sign_in("township-a")
    answers = {
        "/map": "最近 30 天见到的常住户：0%（0/12）",
        "/map?ask=unseen&days=90": "12 户有 90 天没有见到（常住户共 12 户）",
        "/map?ask=open": "在办纠纷 0 件，其中超期 0 件",
        "/map?ask=overdue": "超期纠纷 0 件，在办共 0 件",
        "/map?ask=unplaced": "0 户还没有落格",
        "/map?from=2026-02-01&to=2026-02-28": "2026年2月1日至2026年2月28日见到的常住户",
        "/map?as_of=2026-02-20": "2026年2月20日的网格",
    }
    for address, answer in answers.items():
        assert answer in re.sub(r"\s+", " ", look(desk, address)), address
    assert 'href="/disputes?due=overdue"' in look(desk, "/map?ask=overdue")
    assert "Households met in the last 30 days: 0%" in look(desk, "/map?lang=en")


def test_the_table_has_every_cell_of_ones_own(county: SmallCounty) -> None:
    own = {"township-a": {"A1w", "A1e", "A2w", "A2e"}, "township-b": {"B1w", "B1e"}}
    for login, cells in own.items():
        said = look(county.sign_in(login))
        listed = set(re.findall(r'data-cell="([0-9]{15})"', said.split("<table")[1]))
        assert listed == {CELLS[name] for name in cells}, login
        assert set(sketched(said)) == listed, login
        assert {row[0] for row in told(said)["rows"]} == listed
    desk = county.sign_in("county")
    assert len(told(look(desk))["rows"]) == 6
    assert len(told(look(desk, f"/map?under={VILLAGES['B1'][:9]}"))["rows"]) == 2
    for login in ("worker-a1w", "mediator-a1", "auditor"):
        look(county.sign_in(login), expect=403)


def test_the_picture_has_cells_as_they_are_and_as_they_were(county: SmallCounty) -> None:
    """It stands in the page: neighbours side by side, darker with what is asked, of any day."""
    desk = county.sign_in("township-a")
    west, east, gone = CELLS["A1w"], CELLS["A1e"], CELLS["A2e"]
    before = sketched(look(desk))
    assert {shade for shade, _ in before.values()} == {"shade-0"}  # nobody was met
    shared = corners(before[west][1]) & corners(before[east][1])
    assert len(shared) == 2
    assert len({x for x, _ in shared}) == 1
    county.clock.pass_time(days=8)
    by = {"west": id_of("A1w"), "gone": id_of("A2e"), "at": county.clock.now}
    half = box(WEST["A1"], SOUTH, WEST["A1"] + 0.05, SOUTH + 0.05).wkb
    with transaction(county.worker) as session:
        places.set_boundaries(session, [id_of("A1w")], [half], county.clock.now, cells=True)
        session.execute(text("UPDATE boundary SET valid_to = :at WHERE cell_id = :gone"), by)
        session.execute(text("UPDATE household SET state = 'away' WHERE cell_id = :west"), by)
    desk = county.sign_in("township-a")
    now = look(desk, f"/map?ask=coverage&cell={east}")
    assert set(sketched(now)) == set(before) - {gone}
    assert sketched(now)[west][0] == "unknown"
    assert sketched(now)[west][1] != before[west][1]
    assert f'<g class="chosen"><path d="{sketched(now)[east][1]}"/></g>' in now
    assert sketched(look(desk, "/map?ask=unseen"))[east][0] == "shade-5"
    assert sketched(look(desk, "/map?as_of=2026-03-05")) == before
    with transaction(county.worker) as session:
        session.execute(text("UPDATE boundary SET valid_to = :at WHERE valid_to IS NULL"), by)
    nothing = look(desk)
    assert "<svg viewBox" not in nothing
    assert told(nothing)["view"] is None
    assert "示例A1w网格" in nothing


def test_a_picture_that_takes_too_long_does_not_take_the_page_away(
    county: SmallCounty, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*_: Any) -> None:
        raise TryLater

    desk = county.sign_in("township-a")
    monkeypatch.setattr(views, "sketch_cells", slow)
    said = look(desk)
    assert "<svg viewBox" not in said
    assert told(said)["view"] is None
    assert "示例A1w网格" in said


def test_a_map_of_boundaries_that_were_drawn_for_show_says_so(county: SmallCounty) -> None:
    county.clock.pass_time(days=2)
    note, desk = "网格边界为演示而画", county.sign_in("township-a")
    pages = ("/map", "/map?as_of=2026-03-03", f"/map/villages/{VILLAGES['A1']}/redraw")
    for address in pages:
        assert note in look(desk, address), address
    with transaction(county.worker) as session:
        session.execute(text("UPDATE grid_cell SET synthetic = false"))
    for address in pages:
        assert note not in look(desk, address), address


def test_a_county_of_many_cells_is_told_by_township(
    county: SmallCounty, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheet, "MOST", 5)
    said = look(county.sign_in("county"))
    assert "示例A镇" in said
    assert f"under={VILLAGES['B1'][:9]}" in said
    assert "data-cell" not in said.split("<table")[1]
    assert len(told(said)["rows"]) == len(sketched(said)) == 6  # the map draws them all


def test_a_cell_has_its_people_and_what_waits(county: SmallCounty) -> None:
    county.sign_in("worker-a1w", device="示例手机")
    desk = county.sign_in("township-a")
    for address in (f"/map?cell={CELLS['A1w']}", f"/map/cells/{CELLS['A1w']}"):
        said = look(desk, address)
        assert "示例worker-a1w" in said, address
        assert "示例手机" in said, address
        assert f'<div id="acts" data-cell="{CELLS["A1w"]}">' in said, address
        listed = re.search(r'href="(/disputes[^"]+)"', said)
        assert listed, address
        assert CELLS["A1w"] in listed[1]
        look(desk, listed[1])
    assert "现在没有人服务这个网格。" in look(desk, f"/map/cells/{CELLS['A2w']}")
    for code in ("511921100201999", CELLS["B1w"]):  # none, and another township's: no difference
        assert "您的辖区里没有这个编码的网格。" in look(desk, f"/map?cell={code}"), code
        assert "您的辖区里没有这个编码的网格。" in look(desk, f"/map/cells/{code}"), code


def test_a_past_day_has_its_own_people_and_none_of_todays_numbers(county: SmallCounty) -> None:
    """The cell was called otherwise and served by another; who has a phone today is today's."""
    county.sign_in("worker-a1w", device="示例手机")
    county.clock.pass_time(days=8)
    with transaction(county.worker) as session:
        session.execute(
            text("UPDATE grid_cell SET name = '示例新名' WHERE id = :id"), {"id": id_of("A1w")}
        )
        session.execute(  # from the tenth on it is another who leads; the ninth was not theirs yet
            text("""
                UPDATE assignment SET cell_id = CASE WHEN user_id = :new THEN cast(:cell AS uuid)
                                                     ELSE cell_id END,
                       valid_from = CASE WHEN user_id = :new THEN cast(:at AS timestamptz)
                                         ELSE valid_from END,
                       valid_to = CASE WHEN user_id = :old THEN cast(:at AS timestamptz) END
                 WHERE user_id IN (:old, :new)"""),
            {
                "new": id_of("user worker-a1e"),
                "old": id_of("user worker-a1w"),
                "cell": id_of("A1w"),
                "at": "2026-03-10 00:00+08",
            },
        )
    desk = county.sign_in("township-a")
    for address in (f"/map?cell={CELLS['A1w']}", f"/map/cells/{CELLS['A1w']}?"):
        said = look(desk, f"{address}&as_of=2026-03-09")
        panel = said[said.index("<article") : said.index("</article")]
        assert "示例A1w网格" in panel, address
        assert "2026年3月9日谁在服务" in panel
        assert "示例worker-a1w" in panel
        for todays in ("示例新名", "示例worker-a1e", "示例手机", "见到", 'id="acts"'):
            assert todays not in panel, todays
        assert f'href="/map?cell={CELLS["A1w"]}"' in panel
    table = look(desk, "/map?as_of=2026-03-09").split("<table")[1]
    assert table.count('<th scope="col"') == 2
    assert "示例worker-a1w" in table
    assert "示例worker-a1e" not in table
    now = look(desk, f"/map?cell={CELLS['A1w']}")
    assert "示例新名" in now
    assert "示例worker-a1e" in now
    before = look(desk, f"/map?cell={CELLS['A1w']}&as_of=2001-01-01")
    assert "您的辖区里没有这个编码的网格。" in before
    foreign = look(desk, f"/map/cells/{CELLS['B1w']}?as_of=2026-03-09")
    assert "示例worker-b1w" not in foreign


def test_nonsense_in_the_address_is_told_and_the_map_still_stands(county: SmallCounty) -> None:
    desk = county.sign_in("township-a")
    backwards = "from=2026-02-02&to=2026-02-01"
    for asked in ("ask=rank", "days=0", "days=x", "as_of=1", "under=abc", "cell=12", backwards):
        said = look(desk, f"/map?{asked}", expect=422)
        assert "请先解决这个问题" in said, asked
        assert "示例A1w网格" in said, asked
    assert "示例A1w网格" in look(desk, "/map?as_of=2999-01-01&days=&ask=")  # to come is now
    look(desk, "/map/cells/x", expect=422)


def test_a_base_map_is_the_only_other_host_and_of_this_page_alone(county: SmallCounty) -> None:
    desk = county.sign_in("township-a")

    def policy(address: str) -> str:
        page = desk.open("GET", address, headers={"Accept": "text/html"})
        return str(page.headers["Content-Security-Policy"])

    assert "http" not in policy("/map")
    named = "https://maps.example.invalid:8443/{z}/{x}/{y}.png"
    settings = county.app.extensions["wangge.settings"]
    county.app.extensions["wangge.settings"] = replace(settings, base_map=named)
    assert "connect-src 'self' https://maps.example.invalid:8443;" in policy("/map")
    assert "http" not in policy("/account")
    assert told(look(desk))["base_map"] == named


def test_an_address_of_a_base_map_names_tiles_and_nothing_else() -> None:
    keys = {"WANGGE_DATABASE_URL": "postgresql://x/y", "WANGGE_SEAL_KEYS": f"a:{'A' * 43}="}
    known = {**keys, "WANGGE_BLIND_KEY": f"{'A' * 43}="}
    tiles = "/{z}/{x}/{y}.png"
    assert from_environment(known).base_map is None
    named = from_environment({**known, "WANGGE_BASE_MAP": f"https://a.invalid{tiles}"})
    assert named.base_map == f"https://a.invalid{tiles}"
    wrong = ("a.invalid", "https://a.invalid/", f"ftp://a.invalid{tiles}", f"https://{tiles}")
    for address in (*wrong, f"https://a.invalid; script-src *{tiles}"):
        with pytest.raises(BadSettings, match="WANGGE_BASE_MAP"):
            from_environment({**known, "WANGGE_BASE_MAP": address})


def test_what_a_place_is_called_cannot_leave_its_place_in_the_page(county: SmallCounty) -> None:
    with transaction(county.worker) as session:
        session.execute(text("UPDATE grid_cell SET name = '</script><b>&amp;'"))
    said = look(county.sign_in("township-a"))
    assert "</script><b>" not in said
    assert {row[1] for row in told(said)["rows"]} == {"</script><b>&amp;"}
