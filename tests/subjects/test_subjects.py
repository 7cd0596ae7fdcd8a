"""A person asks what is kept about them: everything, and nothing of the neighbour's."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zipfile import ZipFile

import pytest

from server.subjects.rules import WITHHELD, withhold
from tests.attachments.conftest import photo
from tests.cli.keyboard import Keyboard, environment
from tests.disputes.conftest import Ladder, ladder, lending
from tests.erasure.planted import NAME, NUMBER, OTHER, OTHER_NUMBER, OTHERS, OWN, quarrel
from tests.smallcounty import SmallCounty, id_of

__all__ = ["ladder", "lending"]

HOME = id_of("A1w-1")
HEAD, TELEPHONE = "=示某甲家的户主", "00055550001"
NOTE = "=1+1 走访时说的话"


def opened(content: bytes) -> tuple[dict[str, Any], str, ZipFile]:
    """(data, all that is said in any file of text, the package)."""
    package = ZipFile(io.BytesIO(content))
    texts = [n for n in package.namelist() if not n.startswith("files/")]
    said = "\n".join(package.read(name).decode("utf-8-sig") for name in texts)
    return json.loads(package.read("data.json")), said, package


def package_of(county: SmallCounty, what: str, row_id: object, expect: int = 200) -> Any:
    path = f"/subjects/{what}/{row_id}/package"
    asked = {"reason": "本人持身份证到窗口"}
    answer = county.sign_in("county").call("GET", path, query_string=asked)
    assert answer.status_code == expect, answer.text
    return answer


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("示某乙的名字先动手", f"{WITHHELD}先动手"),
        ("示 某乙 的名字，电话0007777-0002", f"{WITHHELD}，电话{WITHHELD}"),
        ("示某甲的名字没有动手", "示某甲的名字没有动手"),
        (None, ""),
    ],
)
def test_names_of_others_are_left_out_however_they_are_written(text: str | None, left: str) -> None:
    assert withhold(text, [OTHER, OTHER_NUMBER, NAME, "王", None], [NAME]) == left


def test_a_party_gets_every_word_of_its_own_and_none_of_the_other_sides(
    ladder: Ladder,
) -> None:
    case = quarrel(ladder)
    answer = package_of(case.county, "parties", case.wanted)
    assert answer.headers["Cache-Control"] == "private, no-store"
    data, said, _ = opened(answer.data)
    for word in (NAME, NUMBER, OWN["claim"], OWN["term"], OWN["comment"], OTHERS["story"]):
        assert word in said, word
    for word in (OTHER, OTHER_NUMBER, OTHERS["claim"], str(case.parties["respondent"])):
        assert word not in said, word
    assert WITHHELD in data["agreements"][0]["content"]
    assert {act["action"] for act in data["acts"]} >= {"dispute.register", "dispute.read"}
    assert {act["role"] for act in data["acts"]} >= {"mediator", "county_office"}
    assert "user" not in json.dumps(data["acts"][0])


def test_a_household_gets_all_that_hangs_on_it(ladder: Ladder, tmp_path: Path) -> None:
    county = ladder.county
    worker = county.sign_in("worker-a1w")
    change = {"head_name": HEAD, "telephone": TELEPHONE, "address": "示例路一号"}
    assert worker.call("PATCH", f"/households/{HOME}", json=change).status_code == 200
    made = worker.post(
        "/visits",
        {
            "id": str(uuid4()),
            "household_id": str(HOME),
            "outcome": "met",
            "note": f"{NOTE}，示某A1w2也在",
        },
    )
    asked = {"owner_entity": "visit", "owner_id": made["id"], "purpose": "photo"}
    kept = worker.call("PUT", f"/attachments/{uuid4()}", query_string=asked, data=photo())
    assert kept.status_code == 201, kept.text
    need = {
        "need": "meals",
        "given_by": "family",
        "giver": "示某甲之子",
        "how": "oral",
        "given_on": "2026-03-01",
        "until": "2026-12-01",
    }
    worker.post(f"/households/{HOME}/needs", {"id": str(uuid4()), **need})
    county.sign_in("township-a").post(
        f"/households/{HOME}/reveal", {"reason": "核对电话"}, expect=200
    )
    parties = [
        {"side": "applicant", "kind": "household", "household_id": str(HOME)},
        {"side": "respondent", "kind": "household", "household_id": str(id_of("A1w-2"))},
    ]
    story = f"{HEAD}与示某A1w2争水"
    claims = [{"party": 0, "content": "要示某A1w2让水"}]
    more: dict[str, Any] = {"parties": parties, "story": story, "claims": claims}
    ladder.register("mediator-a1", "water", cell_id=str(id_of("A1w")), **more)
    # Two who quarrel were looked up for one reason, and whoever typed it named the neighbour.
    county.sign_in("township-a").post(
        f"/households/{HOME}/reveal", {"reason": "示某A1w2"}, expect=200
    )

    data, said, package = opened(package_of(county, "households", HOME).data)
    told = (HEAD, TELEPHONE, "示例路一号", NOTE, "示某甲之子", "meals", "核对电话", "争水")
    assert [word for word in told if word not in said] == []
    for word in ("示某A1w2", "示某A1w3", "00013800002", str(id_of("A1w-2"))):
        assert word not in said, word
    assert data["cases"][0]["story"] == f"{HEAD}与{WITHHELD}争水"
    assert data["claims"][0]["content"] == f"要{WITHHELD}让水"
    assert data["visits"][0]["note"] == f"{NOTE}，{WITHHELD}也在"
    assert WITHHELD in {act["reason"] for act in data["acts"]}
    files = [name for name in package.namelist() if name.startswith("files/")]
    assert [package.read(name)[:2] for name in files] == [b"\xff\xd8"]
    cells = list(csv.reader(io.StringIO(package.read("visits.csv").decode("utf-8-sig"))))
    assert [cell for cell in cells[1] if cell.startswith(f"'{NOTE}")]
    assert "<script" not in said


def test_only_the_county_office_and_only_with_a_reason(county: SmallCounty) -> None:
    path = f"/subjects/households/{HOME}/package"
    reason = {"reason": "本人要求"}
    for login in ("worker-a1w", "township-a", "mediator-a1", "security", "system", "auditor"):
        assert county.sign_in(login).call("GET", path, query_string=reason).status_code == 403
    desk = county.sign_in("county")
    for asked in ({}, {"reason": ""}, {"reason": "x" * 201}):
        assert desk.call("GET", path, query_string=asked).status_code == 422, asked
    package_of(county, "households", uuid4(), 404)
    package_of(county, "parties", HOME, 404)
    county.clock.pass_time(minutes=11)
    assert desk.call("GET", path, query_string=reason).status_code in {401, 403}


def test_at_the_keyboard_by_a_number_that_nobody_types_on_the_line(
    ladder: Ladder, tmp_path: Path
) -> None:
    case = quarrel(ladder)
    keyboard = Keyboard(environment(case.county.url, tmp_path))
    out = tmp_path / "package.zip"
    command = ("subject", "export", "--telephone-stdin", "--out", out, "--reason", "本人要求")
    keyboard.type(*command, stdin=f"{NUMBER}\n")
    assert out.stat().st_mode & 0o777 == 0o600
    data, said, _ = opened(out.read_bytes())
    assert UUID(data["parties"][0]["id"]) == case.wanted
    assert OTHER not in said
    again = keyboard.result(*command, stdin=f"{NUMBER}\n")
    assert again.exit_code == 1  # it is there already
    nobody = (*command[:3], "--out", tmp_path / "b.zip", "--reason", "本人要求")
    assert keyboard.result(*nobody, stdin="00099999999\n").exit_code == 1
    assert not (tmp_path / "b.zip").exists()
    assert keyboard.result("subject", "export", "--out", out, "--reason", "x").exit_code == 2
