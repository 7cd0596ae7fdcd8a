"""The pages of moves as a browser without scripts has them: forms, previews, what goes wrong."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

from tests.moves.conftest import Mover, rectangle
from tests.smallcounty import CELLS, VILLAGES, id_of

W, E = CELLS["A1w"], CELLS["A1e"]
ASSIGN = f"/map/cells/{W}/assign"
HTML = {"Accept": "text/html", "Accept-Language": "zh"}


def send(mover: Mover, path: str, form: Any = None, login: str = "township-a") -> Any:
    """Open a page, or send its form."""
    desk = mover.desk(login)
    headers = {"Authorization": f"Bearer {desk.tokens['access']}", **HTML}
    method = "GET" if form is None else "POST"
    return desk.client.open(path, method=method, headers=headers, data=form)


def kept(page: str, form: dict[str, str]) -> dict[str, str]:
    """What the button below a preview sends: the form as it was, and what the preview adds."""
    preview = page[page.index('id="preview"') :]
    hidden = r'<input type="hidden" form="asked" name="([^"]+)" value="([^"]*)"'
    own = {name: unescape(value) for name, value in re.findall(hidden, preview)}
    assert own.keys() == {"plan", "token", "asked"}
    return {**form, **own, "step": "apply"}


SICK = {
    "way": "cover",
    "away": "worker-a1w",
    "user": "worker-a1e",
    "from": "2026-03-03",
    "to": "2026-03-23",
    "why": "示例：病假三周",
}


def test_a_sick_workers_three_weeks_are_previewed_then_done_once(mover: Mover) -> None:
    seen = send(mover, ASSIGN, {**SICK, "step": "preview"}).text
    assert "2026年3月3日 至 2026年3月23日" in seen
    assert "涉及 1 个网格：3 户，0 件在办纠纷" in seen
    assert "示例：病假三周" in seen
    done = send(mover, ASSIGN, kept(seen, SICK))
    assert (done.status_code, done.location) == (303, f"{ASSIGN}?done=1")
    again = send(mover, ASSIGN, kept(seen, SICK))  # the answer was lost
    assert again.status_code == 303
    assert mover.ask("SELECT count(*) FROM move") == [(1,)]
    assert "已办好" in send(mover, done.location).text


def test_a_world_that_changed_is_previewed_anew_and_nothing_typed_is_lost(mover: Mover) -> None:
    seen = send(mover, ASSIGN, {**SICK, "step": "preview"}).text
    mover.move({"kind": "assignment", "changes": [{"user": "worker-b1w", "cell": W}]})
    late = send(mover, ASSIGN, kept(seen, SICK))
    assert late.status_code == 409
    assert "预览之后情况已变" in late.text
    assert "示例：病假三周" in late.text
    fresh = kept(late.text, SICK)
    assert fresh["token"] != kept(seen, SICK)["token"]
    assert send(mover, ASSIGN, fresh).status_code == 303


def test_what_is_changed_after_the_preview_counts_or_is_previewed_first(mover: Mover) -> None:
    seen = kept(send(mover, ASSIGN, SICK).text, SICK)
    shorter = {**SICK, "to": "2026-03-10"}
    for changed in ({**seen, "to": "2026-03-10"}, {**seen, **shorter, "asked": ""}):
        answer = send(mover, ASSIGN, changed)
        assert answer.status_code == 200
        assert "您在预览后改了内容" in answer.text
        assert "2026年3月3日 至 2026年3月10日" in answer.text
        assert mover.ask("SELECT count(*) FROM move") == [(0,)]
    again = kept(answer.text, shorter)
    again |= {"why": "示例：提前回来", f"by-{W}": "", f"by-{E}": ""}  # fields that came with it
    assert send(mover, ASSIGN, again).status_code == 303
    assert mover.ask("SELECT why FROM move") == [("示例：提前回来",)]


def test_who_is_not_to_lead_a_cell_that_nobody_serves_does_not(mover: Mover) -> None:
    path, ticked = f"/map/cells/{CELLS['A2w']}/assign", 'name="leads" value="1" checked'
    assert ticked in send(mover, path).text
    form = {"way": "beside", "user": "worker-a1e", "from": "2026-03-10", "why": "示例：先帮忙"}
    seen = send(mover, path, form).text
    assert ticked not in seen
    assert send(mover, path, kept(seen, form)).status_code == 303


def test_each_cell_of_the_absent_one_can_be_taken_by_another(mover: Mover) -> None:
    """They are named as the one list of the page suggests them, or by login alone."""
    held = {"kind": "assignment", "changes": [{"user": "worker-a1w", "cell": E}]}
    mover.move(held)
    page = send(mover, ASSIGN).text
    assert page.count("示例mediator-a1 · mediator-a1") == 2  # once to choose, once to be suggested
    parted = {**SICK, f"by-{W}": "示例mediator-a1 · mediator-a1", f"by-{E}": "worker-b1w"}
    assert send(mover, ASSIGN, kept(send(mover, ASSIGN, parted).text, parted)).status_code == 303
    came = "SELECT u.login, c.code FROM assignment a JOIN user_account u ON u.id = a.user_id"
    came += " JOIN grid_cell c ON c.id = a.cell_id WHERE a.valid_to = '2026-03-24 00:00+08'"
    assert set(mover.ask(came)) == {("mediator-a1", W), ("worker-b1w", E)}
    nobody = {**SICK, f"by-{W}": "示例没有此人 · no-such"}
    assert send(mover, ASSIGN, nobody).status_code == 422


def test_who_leaves_for_good_is_followed_by_another_who_leads(mover: Mover) -> None:
    form = {"way": "instead", "away": "worker-a1w", "user": "worker-a1e", "from": "2026-03-10"}
    form["why"] = "示例：调走"
    seen = send(mover, ASSIGN, form).text
    assert send(mover, ASSIGN, kept(seen, form)).status_code == 303
    spans = mover.ask(
        "SELECT u.login, a.leads, a.valid_to IS NULL FROM assignment a"
        " JOIN user_account u ON u.id = a.user_id WHERE a.cell_id = :cell ORDER BY a.valid_from",
        cell=id_of("A1w"),
    )
    assert spans == [("worker-a1w", True, False), ("worker-a1e", True, True)]


def test_what_is_wrong_is_told_beside_the_field_and_what_was_typed_stays(mover: Mover) -> None:
    cases: dict[str, tuple[dict[str, str], str]] = {
        "nobody": ({"user": ""}, "user-error"),
        "nobody known": ({"user": "", "other": "no-such"}, "user-error"),
        "ends before it begins": ({"from": "2026-03-20", "to": "2026-03-10"}, "to-error"),
        "no end": ({"to": ""}, "to-error"),
        "no day": ({"to": "soon"}, "to-error"),
        "in the past": ({"from": "2026-01-01"}, "from-error"),
        "too long a name": ({"other": "x" * 3000}, "user-error"),
        "nobody away": ({"away": "worker-b1w"}, "user-error"),
    }
    for case, (wrong, where) in cases.items():
        answer = send(mover, ASSIGN, {**SICK, **wrong, "step": "preview"})
        assert answer.status_code == 422, case
        assert f'id="{where}"' in answer.text, case
        assert "示例：病假三周" in answer.text, case
        assert 'id="preview"' not in answer.text, case


def test_a_second_step_out_of_order_moves_nothing(mover: Mover) -> None:
    seen = kept(send(mover, ASSIGN, SICK).text, SICK)
    plan = json.loads(seen["plan"])
    cases: dict[str, tuple[dict[str, str], int]] = {
        "no plan": ({"plan": ""}, 422),
        "no JSON": ({"plan": "{" * 5000}, 422),
        "another plan": ({"plan": json.dumps({**plan, "kind": "areas"})}, 422),
        "no reason": ({"why": " "}, 422),
        "no token": ({"token": ""}, 422),
        "what no column holds": ({"plan": '"\\u0000"'}, 422),
        "another's token": ({"token": "0" * 64}, 409),
    }
    for case, (wrong, status) in cases.items():
        assert send(mover, ASSIGN, {**seen, **wrong}).status_code == status, case
    assert mover.ask("SELECT count(*) FROM move") == [(0,)]
    elsewhere = f"/map/cells/{W}/merge"  # another page's second step: done, and said here
    assert send(mover, elsewhere, seen).location == f"{elsewhere}?done=1"


def test_two_neighbours_become_one(mover: Mover) -> None:
    path = f"/map/cells/{W}/merge"
    assert "示例A1e网格" in send(mover, path).text
    assert send(mover, path, {"why": "示例"}).status_code == 422  # with nobody
    form = {"cells": E, "keep": E, "why": "示例：户数太少"}
    seen = send(mover, path, form).text
    assert "3 户换网格" in seen
    done = send(mover, path, kept(seen, form))
    assert done.location == f"/map/cells/{E}/merge?done=1"
    assert mover.cell_of(id_of("A1w-1")) == E


def test_a_drawing_is_previewed_and_done(mover: Mover) -> None:
    path = f"/map/villages/{VILLAGES['A1']}/redraw"
    cells = [
        {"code": W, "geometry": rectangle("A1", 0, 0.075)},
        {"code": E, "geometry": rectangle("A1", 0.075, 0.1)},
    ]
    form = {"drawing": json.dumps({"cells": cells}), "why": "示例：河改道"}
    seen = send(mover, path, form).text
    assert "1 户换网格" in seen
    assert "示***" in seen  # the list is reachable, masked
    assert send(mover, path, kept(seen, form)).location == f"{path}?done=1"
    assert mover.cell_of(id_of("A1e-1")) == W


def test_cells_are_called_by_their_names_wherever_a_text_knows_only_codes(mover: Mover) -> None:
    path = f"/map/villages/{VILLAGES['A1']}/redraw"
    west, new = rectangle("A1", 0, 0.025), rectangle("A1", 0.025, 0.05)
    cells = [{"code": W, "geometry": west}, {"name": "示例新网格", "geometry": new}]
    drawn = {"drawing": json.dumps({"cells": cells}), "why": "示例：分成两格"}
    assert f"网格“示例新网格”（{VILLAGES['A1']}003）没有网格员" in send(mover, path, drawn).text
    over = {"cells": [{"code": W, "geometry": rectangle("A1", 0, 0.065)}]}
    said = send(mover, path, {"drawing": json.dumps(over), "why": "示例"}).text
    assert f"“示例A1w网格”（{W}）" in said


def test_a_drawing_that_cannot_be_read_or_does_not_tile_is_refused(mover: Mover) -> None:
    path = f"/map/villages/{VILLAGES['A1']}/redraw"
    over = {"cells": [{"code": W, "geometry": rectangle("A1", 0, 0.065)}]}
    cases: dict[str, tuple[str, int]] = {
        "nothing": ("", 422),
        "no JSON": ("[" * 9000, 422),
        "no object": ("[]", 422),
        "no cells": ("{}", 422),
        "overlapping": (json.dumps(over), 422),
        "endless": (json.dumps(over).replace("31.9", "1e999"), 422),
        "half a character": (json.dumps({"cells": [{"code": W, "name": "\ud800"}]}), 422),
        "what no column holds": (json.dumps({"cells": [{"code": W, "name": "a\0"}]}), 422),
        "a foreign cell": (json.dumps({"ended": [CELLS["B1w"]]}), 422),
        "huge": ("x" * (5 << 20), 413),
    }
    for case, (drawing, status) in cases.items():
        answer = send(mover, path, {"drawing": drawing, "why": "示例"})
        assert answer.status_code == status, case
    fine = {"cells": [{"code": W, "name": "示例西"}], "ended": []}
    large = json.dumps(fine) + " " * (1 << 20)  # as long as a village with many corners
    assert send(mover, path, {"drawing": large, "why": "示例"}).status_code == 200
    assert send(mover, path, {"drawing": large, "why": "a\0b"}).status_code == 400
    assert send(mover, f"/map/villages/{CELLS['A1w']}/redraw").status_code == 404
    assert send(mover, "/map/villages/511921100/redraw").status_code == 422


def test_a_township_acts_in_its_own_places_alone(mover: Mover) -> None:
    theirs = CELLS["B1w"]
    pages = [f"/map/cells/{theirs}/{act}" for act in ("acts", "assign", "merge")]
    for page in [*pages, f"/map/villages/{VILLAGES['B1']}/redraw"]:
        assert send(mover, page).status_code == 403, page
        assert send(mover, page, login="county").status_code == 200, page
        assert send(mover, page, login="worker-b1w").status_code == 403, page
    assert send(mover, f"/map/cells/{theirs}/merge", {"cells": CELLS["B1e"]}).status_code == 403
    assert "可以做的事" in send(mover, f"/map/cells/{W}/acts").text
